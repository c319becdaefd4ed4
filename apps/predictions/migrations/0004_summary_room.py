from django.db import migrations

# The hourly job writes every active row anew. Where its page has room for that, no
# index is touched, and the room of the hour before is used again.
ROOM = "ALTER TABLE predictions_summary SET (fillfactor = 50)"
FULL = "ALTER TABLE predictions_summary RESET (fillfactor)"


class Migration(migrations.Migration):

    dependencies = [
        ('predictions', '0003_hourly_jobs'),
    ]

    operations = [
        migrations.RunSQL(ROOM, FULL),
    ]
