"""oslo_policy_judge.py: reads one JSON list of {rules, creds, target} and says, for each, what oslo.policy decides about the rule
`asked`; null where it does not know what to say (it fails)."""
import json
import logging
import sys

from oslo_config import cfg
from oslo_policy import policy

logging.disable(logging.CRITICAL)
conf = cfg.ConfigOpts()
conf([])
enforcer = policy.Enforcer(conf, use_conf=False)
answers = []
for case in json.load(sys.stdin):
    enforcer.set_rules(policy.Rules.from_dict(case['rules']), overwrite=True, use_conf=False)
    try:
        answers.append(bool(enforcer.enforce('asked', case['target'], case['creds'])))
    except (Exception, RecursionError):
        answers.append(None)
json.dump(answers, sys.stdout)
