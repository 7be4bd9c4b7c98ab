import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


# A record of one's own is proven by its address. All others came from whoever knew the number, or name and
# birthday, or called: nobody can tell any more, and they have to be proven.
PROOFS = """
UPDATE people_contact SET proof = 'own' FROM people_person p JOIN people_register r ON r.id = p.register_id
WHERE p.id = person_id AND r.provisional;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0006_moves'),
        ('places', '0003_reference'),
    ]

    operations = [
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=60)),
                ('digest', models.BinaryField(unique=True)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.TextField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='registration',
            name='registration_moves',
        ),
        migrations.RemoveConstraint(
            model_name='registration',
            name='registration_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='registration',
            name='decided_has_its_person',
        ),
        migrations.RemoveIndex(
            model_name='registration',
            name='registrations_to_review',
        ),
        migrations.AddField(
            model_name='code',
            name='claim',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='proof',
            field=models.CharField(choices=[('letter', 'letter'), ('desk', 'desk'), ('own', 'own'), ('claimed', 'claimed')], db_default='claimed', default='claimed', max_length=8),
        ),
        migrations.RunSQL(PROOFS, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='contact',
            name='by_name',
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['claim'], name='code_of_claim'),
        ),
        migrations.AlterField(
            model_name='registration',
            name='status',
            field=models.CharField(choices=[('stated', 'stated'), ('review', 'review'), ('near', 'near'), ('known', 'known'), ('new', 'new')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='registration',
            index=models.Index(condition=models.Q(('status__in', ['review', 'near'])), fields=['scope', 'made_at'], name='registrations_to_review'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='registration_moves', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.status IS DISTINCT FROM NEW.status)', func="\nIF (OLD.status, NEW.status) NOT IN (('stated', 'known'), ('stated', 'near'), ('stated', 'new'), ('stated', 'review'), ('review', 'known'), ('review', 'new'), ('near', 'known'), ('near', 'new')) THEN\n  RAISE EXCEPTION 'registration_moves: % cannot become %', OLD.status, NEW.status USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NEW;\n", hash='96e05456ff7b22ac7dbce3899f735d417e0f4eb0', operation='UPDATE OF "status"', pgid='pgtrigger_registration_moves_2fb4a', table='people_registration', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.CheckConstraint(condition=models.Q(('proof__in', ['letter', 'desk', 'own', 'claimed'])), name='contact_proof_known'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['stated', 'review', 'near', 'known', 'new'])), name='registration_status_known'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', False), ('status__in', ['near', 'known', 'new'])), models.Q(models.Q(('status__in', ['near', 'known', 'new']), _negated=True), ('person__isnull', True)), _connector='OR'), name='decided_has_its_person'),
        ),
        migrations.AddField(
            model_name='letter',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='people.person'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person', 'scope'), name='one_good_letter'),
        ),
    ]
