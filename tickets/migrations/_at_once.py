"""Hold locks for as long as the SQL takes, and no longer."""

from django.db import migrations
from django.db.migrations.operations.base import Operation


class AtOnce(Operation):
    """Lock tables, and run the operations one after another.

    Django works out the models between two operations, which takes longer than their SQL. Here it
    does so before the tables are locked. The tables come in the order in which the desk itself
    locks them: in another one, a change at the same moment would end in a deadlock.
    """

    reversible = True

    def __init__(self, tables, operations):
        lock = f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"
        self.tables, self.operations = tables, operations
        self.steps = [migrations.RunSQL(lock, lock), *operations]

    def deconstruct(self):
        return type(self).__name__, [self.tables, self.operations], {}

    def state_forwards(self, app_label, state):
        for step in self.steps:
            step.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        states = self._states(app_label, from_state)
        for step, before, after in zip(self.steps, states, states[1:], strict=False):
            step.database_forwards(app_label, schema_editor, before, after)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        states = self._states(app_label, to_state)
        steps = list(zip(self.steps, states[1:], states, strict=False))
        # The lock comes first in this direction, too.
        for step, before, after in [steps[0], *reversed(steps[1:])]:
            step.database_backwards(app_label, schema_editor, before, after)

    def _states(self, app_label, start):
        states = [start]
        for step in self.steps:
            state = states[-1].clone()
            step.state_forwards(app_label, state)
            states.append(state)
        for state in states:
            state.apps  # noqa: B018  (builds the models)
        return states

    def describe(self):
        return f"Change {', '.join(self.tables)} at once"
