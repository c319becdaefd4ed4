from django.db import migrations


def vouch(apps, schema_editor):
    """Take the addresses of people for theirs whom an operator made.

    Before people could sign up, operators made them all. Whoever signed up has a row.
    """
    address = apps.get_model('account', 'EmailAddress')
    people = apps.get_model('accounts', 'User').objects.filter(emailaddress=None)
    address.objects.bulk_create(
        address(user_id=user_id, email=email, verified=True, primary=True)
        for user_id, email in people.values_list('pk', 'email')
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_invitations'),
        ('account', '0009_emailaddress_unique_primary_email'),
    ]

    operations = [migrations.RunPython(vouch, migrations.RunPython.noop)]
