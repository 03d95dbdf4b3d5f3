"""psycopg, version 2 or 3 as the argument says, with connections of one's own.

psycopg opens a transaction with the first statement after a commit, unless
autocommit is on.
"""

import importlib
import sys
import time

from serve import at_once, now, serve, setting, url

driver = importlib.import_module({'2': 'psycopg2', '3': 'psycopg'}[sys.argv[1]])
connections = []


def connect():
    connection = driver.connect(url())
    connection.autocommit = True
    if setting('POOLED') and sys.argv[1] == '3':
        connection.prepare_threshold = None
    return connection


def open_some(n):
    return at_once(int(n), lambda i: connections.append(connect()))


def run(connection, sql, values=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def first():
    if not connections:
        connections.append(connect())
    return connections[0]


def statements(n):
    for i in range(int(n)):
        run(first(), 'SELECT %s', (i,))


def parallel(n, ms):
    while len(connections) < int(n):
        connections.append(connect())
    seconds = int(ms) / 1000
    return at_once(int(n), lambda i: run(connections[i], 'SELECT pg_sleep(%s)', (seconds,)))


def transactions(n, ms):
    connection = first()
    connection.autocommit = False
    gap = held = 0
    for _ in range(int(n)):
        began = now()
        run(connection, 'SELECT count(*) FROM item')
        paused = now()
        time.sleep(int(ms) / 1000)
        gap += now() - paused
        run(connection, 'INSERT INTO item (name) VALUES (%s)', ('thing',))
        connection.commit()
        held += now() - began
    connection.autocommit = True
    return {'gap': gap, 'held': held}


def hold():
    first().autocommit = False
    run(first(), 'SELECT 1')


def connects(seconds):
    """A connection for each thing to do."""
    end = now() + int(seconds) * 1000
    while now() < end:
        connection = connect()
        run(connection, 'SELECT 4')
        connection.close()
        time.sleep(0.05)


def eager(seconds):
    """Many connections from the start, of which one is used."""
    open_some(12)
    end = now() + int(seconds) * 1000
    while now() < end:
        run(first(), 'SELECT 5')
        time.sleep(0.05)


def close():
    while connections:
        connections.pop().close()


serve({
    'open': open_some,
    'statements': statements,
    'parallel': parallel,
    'transactions': transactions,
    'fail': lambda: at_once(1, lambda i: run(first(), 'SELECT 1/0')),
    'rename': lambda name: run(first(), "SET application_name = '" + name + "'"),
    'tagged': lambda route: run(
        first(), "SELECT 'tagged' /*route='" + route.replace('/', '%%2F') + "'*/"),
    'reported': lambda name: {'value': first().get_parameter_status(name)},
    'hold': hold,
    'connects': connects,
    'eager': eager,
    'close': close,
})
