"""The schedule's rules by example: tests, and the pages of the reference, from one source.

`tests/spec/test_rules.py` runs each example; `tools/docs.py` writes one page a rule from the
same, with the example drawn. Change a rule here and both follow.
"""

from tests.spec.rules_of_doses import DOSES
from tests.spec.rules_of_time import TIME

RULES = TIME + DOSES
