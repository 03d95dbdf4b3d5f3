"""Django: one connection for each thread, and autocommit outside of atomic()."""

import threading
import time
from urllib.parse import quote

import django
from django.conf import settings
from django.db import connection, models, transaction

from serve import at_once, now, options, serve, setting

settings.configure(DATABASES={'default': {
    'ENGINE': 'django.db.backends.postgresql',
    'NAME': setting('DATABASE'),
    'USER': setting('USER'),
    'HOST': setting('HOST'),
    'PORT': setting('PORT'),
    'CONN_MAX_AGE': None,
    'OPTIONS': {k: v for k, v in {
        'application_name': setting('NAME'),
        'options': options(),
    }.items() if v},
}})
django.setup()


class Item(models.Model):
    name = models.TextField()
    qty = models.IntegerField(default=0)

    class Meta:
        app_label = 'shop'
        db_table = 'item'


def run(sql, values=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


# Connections that threads opened, kept until close.
release = threading.Event()
keepers = []


def open_some(n):
    """A thread of its own for each connection, as a server with threads has."""
    admitted = threading.Barrier(int(n) + 1)
    outcome = []

    def keep():
        try:
            connection.ensure_connection()
            outcome.append(None)
        except Exception as error:
            outcome.append(error)
        admitted.wait()
        release.wait()
        connection.close()

    for _ in range(int(n)):
        keepers.append(threading.Thread(target=keep))
        keepers[-1].start()
    admitted.wait()
    failures = [e for e in outcome if e]
    return {'done': int(n) - len(failures), 'refused': len(failures),
            'reason': '_'.join(str(failures[0]).split()) if failures else ''}


def statements(n):
    for i in range(int(n)):
        Item.objects.filter(pk=i).first()


def parallel(n, ms):
    def one(i):
        try:
            run('SELECT pg_sleep(%s)', [int(ms) / 1000])
        finally:
            connection.close()
    return at_once(int(n), one)


def transactions(n, ms):
    gap = held = 0
    for _ in range(int(n)):
        began = now()
        with transaction.atomic():
            Item.objects.count()
            paused = now()
            time.sleep(int(ms) / 1000)
            gap += now() - paused
            Item.objects.create(name='thing')
        held += now() - began
    return {'gap': gap, 'held': held}


def fail():
    try:
        run('SELECT 1/0')
    except Exception:
        return {'done': 0, 'refused': 1}


def tagged(route):
    """What a middleware does with every statement of a request."""
    comment = " /*route='" + quote(route, safe='') + "'*/"

    def add_comment(execute, sql, params, many, context):
        return execute(sql + comment.replace('%', '%%'), params, many, context)

    with connection.execute_wrapper(add_comment):
        Item.objects.filter(pk=1).first()


def hold():
    transaction.set_autocommit(False)
    Item.objects.count()


def locks(seconds):
    """One thread keeps a row locked while it does something else; five want it."""
    end = now() + int(seconds) * 1000

    def count(i):
        while now() < end:
            with transaction.atomic():
                item = Item.objects.select_for_update().get(pk=6)
                if i == 0:
                    time.sleep(0.8)
                item.qty += 1
                item.save()
            time.sleep(0.2 if i else 0.5)
        connection.close()
    return at_once(6, count)


def close():
    release.set()
    for thread in keepers:
        thread.join()
    connection.close()


serve({
    'open': open_some,
    'statements': statements,
    'parallel': parallel,
    'transactions': transactions,
    'fail': fail,
    'rename': lambda name: run("SET application_name = '" + name + "'"),
    'tagged': tagged,
    'hold': hold,
    'locks': locks,
    'close': close,
})
