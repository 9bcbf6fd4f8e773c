/*
 * What `when` of [announce] sections looks at: addresses of this host, files, learnt
 * routes. Tells the announcer
 * (announcer_changed) when a file or a route comes or goes; who knows of addresses tells it of
 * them. bgp process.
 */
#pragma once

#include <stdbool.h>

#include "conf/conf.h"

struct daemon;
struct when;

struct when *when_new(struct daemon *d); /* NULL: no memory */
void when_free(struct when *w);          /* NULL is allowed */
/* The configuration in force changed. */
void when_update(struct when *w);
/* The rib is at rest: routes are looked at. */
void when_rib_at_rest(struct when *w);
/* Why this prefix of an announcement in force is announced to nobody now, "" for no reason. */
const char *when_waits(
	const struct daemon *d, const struct conf_announcement *c, const struct prefix *p);
