/*
 * [match]: on which hosts a text takes part. Pure.
 *
 * Each key holds where one of its globs matches and none of those with `!` does; a key with only
 * such holds where none matches. All keys must hold.
 */
#pragma once

#include "conf/source.h"

/* NULL: it takes part; else the value that does not hold. Borrowed of the source. */
const struct conf_value *conf_match_failed(
	const struct conf_source *s, const struct conf_site *site, enum conf_key *key);
/* The value as it would be written: "host = a, !b*". */
const char *conf_match_text(struct conf_arena *a, enum conf_key key, const struct conf_value *v);
/* Adds the globs that the text looks for among interfaces to those of the snapshot. */
void conf_match_watch(struct conf *c, const struct conf_source *s, const struct conf_site *site);
