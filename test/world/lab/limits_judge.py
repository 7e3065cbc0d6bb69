"""limits_judge.py SERVICE: reads one JSON list of [what, body] and says, for each, what the service's own schema has against it
(null: nothing). One service a process: their settings do not go together."""
import importlib
import json
import sys


def schema(service, module, name):
    validators = importlib.import_module('%s.api.validation.validators' % service)
    return validators._SchemaValidator(getattr(importlib.import_module(module), name)).validate


def port(body):
    from neutron_lib.api import validators
    for field in ('name', 'description'):
        wrong = validators.validate_string(body[field], 255)
        if wrong:
            raise ValueError(wrong)


NOVA = 'nova.api.openstack.compute.schemas.'
CINDER = 'cinder.api.schemas.'
JUDGES = {
    'nova': lambda: {
        'server': schema('nova', NOVA + 'servers', 'create_v290'),
        'keypair': schema('nova', NOVA + 'keypairs', 'create_v292'),
    },
    'cinder': lambda: {
        'volume': schema('cinder', CINDER + 'volumes', 'create_volume_v347'),
        'image-metadata': schema('cinder', CINDER + 'volume_image_metadata', 'set_image_metadata'),
    },
    'neutron': lambda: {'port': port},
}


def said(judge, body):
    try:
        judge(body)
        return None
    except Exception as error:  # whatever it is, the service would have refused
        return '%s: %s' % (type(error).__name__, error)


judges = JUDGES[sys.argv[1]]()
print(json.dumps([said(judges[what], body) for what, body in json.load(sys.stdin)]))
