"""Benchmarks: `make bench`, or `python -m bench --help`.

One run starts an embedded PostgreSQL with the settings of `tenantry serve`, two tenants, and one server process, and loads it
with wrk. Beside each figure stands its floor: the same statements in the same transactions in a bare psycopg loop at the same
number of connections, without HTTP, in rounds that alternate with those of the server. Client, server and database share two
cores, so what counts is the ratio of the two, not the figure.

    options.py    what can be asked for            stage.py    database, tenants, people, keys
    server.py     the server under load            wrk.py      the load generator
    paced.py      load at a fixed rate             floors.py   the bare loops
    cases/        what is measured                 report.py   the table and the file of results
"""
