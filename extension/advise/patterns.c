/*
 * patterns.c
 *		Searches for the beginning of a value.
 *
 * Owns: which patterns have a beginning that is fixed, and which btree knows
 * where such values lie.  Called where keys are made of clauses.  The server
 * turns these operators into ranges itself; this file knows what it asks for:
 * a known pattern, and an order byte by byte.  Runs nobody's code; takes no lock.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/htup_details.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_database.h"
#include "catalog/pg_opclass_d.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "advise/opclasses.h"
#include "advise/patterns.h"

/* Whether a pattern of LIKE begins with a character that stands for itself. */
static bool
like_begins(const char *pattern)
{
	if (*pattern == '\\')
		pattern++;
	else if (*pattern == '%' || *pattern == '_')
		return false;
	return *pattern != '\0';
}

/* Whether a regular expression does, as far as that is easy to see. */
static bool
regex_begins(const char *pattern)
{
	const unsigned char *p = (const unsigned char *) pattern;

	return p[0] == '^' && (isalnum(p[1]) || p[1] >= 0x80) &&
		strchr(pattern, '|') == NULL &&
		(p[2] == '\0' || strchr("*?{", p[2]) == NULL);
}

/* Whether values that match begin alike. */
static bool
begins(Oid function, const Const *value)
{
	char	   *pattern;

	if (value->constisnull || (value->consttype != TEXTOID &&
							   value->consttype != BPCHAROID))
		return false;
	pattern = TextDatumGetCString(value->constvalue);
	switch (function)
	{
		case F_TEXTLIKE:
		case F_BPCHARLIKE:
			return like_begins(pattern);
		case F_TEXTREGEXEQ:
		case F_BPCHARREGEXEQ:
			return regex_begins(pattern);
		case F_STARTS_WITH:
			return *pattern != '\0';
		default:
			return false;
	}
}

/* Whether this is how libc or PostgreSQL itself names plain bytes. */
static bool
names_bytes(char provider, Datum name, bool isnull)
{
	char	   *locale;

	if (provider == 'b')
		return true;			/* built in: all of these sort by code point */
	if (provider != COLLPROVIDER_LIBC || isnull)
		return false;
	locale = TextDatumGetCString(name);
	return strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/* Whether values of a collation sort byte by byte, as patterns compare. */
static bool
sorts_by_bytes(Oid collation)
{
	bool		all = collation == DEFAULT_COLLATION_OID;
	HeapTuple	tuple = all
	? SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId))
	: SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	bool		result = false;
	bool		isnull;
	Datum		name;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (all)
	{
		name = SysCacheGetAttr(DATABASEOID, tuple,
							   Anum_pg_database_datcollate, &isnull);
		result = names_bytes(((Form_pg_database) GETSTRUCT(tuple))->datlocprovider,
							 name, isnull);
	}
	else
	{
		name = SysCacheGetAttr(COLLOID, tuple, Anum_pg_collation_collcollate,
							   &isnull);
		result = names_bytes(((Form_pg_collation) GETSTRUCT(tuple))->collprovider,
							 name, isnull);
	}
	ReleaseSysCache(tuple);
	return result;
}

/* The default class sorts by the collation; unless that goes by bytes ... */
static bool
set_class(CalIndexKey *key)
{
	if (!get_collation_isdeterministic(key->collation))
		return false;
	if (sorts_by_bytes(key->collation))
		return true;
	if (key->opclass == TEXT_BTREE_OPS_OID)
		cal_opclasses_set(key, key->typid == VARCHAROID ?
						  VARCHAR_BTREE_PATTERN_OPS_OID :
						  TEXT_BTREE_PATTERN_OPS_OID);
	else if (key->typid == BPCHAROID)
		cal_opclasses_set(key, BPCHAR_BTREE_PATTERN_OPS_OID);
	else
		return false;
	return true;
}

/* ... such a search needs another class. */
bool
cal_patterns_key(const CalClause *clause, Node *expr, CalIndexKey *key)
{
	Oid			function;

	if (clause->kind != CAL_CLAUSE_OP || clause->value == NULL ||
		!IsA(clause->value, Const))
		return false;
	function = get_opcode(clause->op);
	if (function == F_NETWORK_SUB || function == F_NETWORK_SUBEQ)
		return cal_index_key(key, expr, BTREE_AM_OID);
	return begins(function, (const Const *) clause->value) &&
		cal_index_key(key, expr, BTREE_AM_OID) &&
		OidIsValid(key->collation) && set_class(key);
}
