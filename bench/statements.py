"""A middleware of Django that tells in a header how many SQL statements an answer took.

What the request changes is undone, so that counting leaves the tickets as they are.
"""

from django.db import connection, transaction

BOUNDARIES = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


def count(get_response):
    def middleware(request):
        counted = 0

        def execute(run, sql, params, many, context):
            nonlocal counted
            counted += not sql.startswith(BOUNDARIES)
            return run(sql, params, many, context)

        with transaction.atomic():
            with connection.execute_wrapper(execute):
                response = get_response(request)
            transaction.set_rollback(True)
        response["X-Statements"] = str(counted)
        return response

    return middleware
