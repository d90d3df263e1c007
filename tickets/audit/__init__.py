"""The audit trail, read from the event tables. The triggers on the models write them."""
