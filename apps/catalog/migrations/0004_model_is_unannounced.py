from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_check_sampling"),
    ]

    operations = [
        migrations.AddField(
            model_name="model",
            name="is_unannounced",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
