"""The loop of the client programs in Python; see t/clients/lib/Client.pm."""

import os
import sys
import threading
import time
from urllib.parse import quote


def now():
    return time.monotonic() * 1000


def setting(name):
    return os.environ.get('CLIENT_' + name)


def options():
    """What the libpq option "options" takes; None without a label."""
    return '-c pg_caliper.pool=' + setting('LABEL') if setting('LABEL') else None


def url():
    """The connection string."""
    query = {'application_name': setting('NAME'), 'options': options()}
    return 'postgresql://%s@%s:%s/%s?%s' % (
        setting('USER'), setting('HOST'), setting('PORT'), setting('DATABASE'),
        '&'.join(k + '=' + quote(v) for k, v in query.items() if v))


def at_once(n, run):
    """Run the same thing n times at once; how many succeeded, how many not."""
    failures = []
    lock = threading.Lock()
    everyone = threading.Barrier(n)

    def one(i):
        try:
            everyone.wait()
            run(i)
        except Exception as error:
            with lock:
                failures.append(error)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {'done': n - len(failures), 'refused': len(failures),
            'reason': '_'.join(str(failures[0]).split()) if failures else ''}


def serve(verbs):
    """One line in, one line out."""
    for line in sys.stdin:
        verb, *words = line.split()
        try:
            facts = verbs[verb](*words) or {}
            print('ok', *(k + '=' + str(v) for k, v in facts.items()), flush=True)
        except Exception as error:
            print('error', type(error).__name__, ' '.join(str(error).split()), flush=True)
