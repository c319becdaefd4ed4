from django.db import migrations, models

# The operator's experiments were public from the start. Of the others nobody kept when
# they were published: all that they have predicted until now may have been seen first.
BACKFILL = """
UPDATE predictions_experiment
SET published_at = CASE WHEN workspace_id IS NULL THEN created_at ELSE now() END
WHERE workspace_id IS NULL OR is_public
"""
# Scores say from now on what was predicted in public. They are computed anew within
# minutes; until then there is no data.
FORGET = "DELETE FROM predictions_experimentscore"
NOTHING = migrations.RunSQL.noop


class Migration(migrations.Migration):

    dependencies = [
        ('predictions', '0006_resumed_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='experiment',
            name='published_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(BACKFILL, NOTHING),
        migrations.RunSQL('SET CONSTRAINTS ALL IMMEDIATE', NOTHING),
        migrations.AddConstraint(
            model_name='experiment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('workspace__isnull', True), ('is_public', True), _connector='OR'), ('published_at__isnull', False)), models.Q(('is_public', False), ('published_at__isnull', True), ('workspace__isnull', False)), _connector='OR'), name='experiment_published_when_public'),
        ),
        migrations.RunSQL(FORGET, NOTHING),
        migrations.AddField(
            model_name='experimentscore',
            name='published_afterwards',
            field=models.PositiveIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='experimentscore',
            name='public_events',
            field=models.PositiveIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='experimentscore',
            name='public_p',
            field=models.FloatField(null=True),
        ),
    ]
