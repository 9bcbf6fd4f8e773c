/*
 * What `when` of [announce] sections looks at: addresses of this host, files. Tells the announcer
 * (announcer_changed) when a file comes or goes; who knows of addresses tells it of them. bgp
 * process.
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
/* Why this prefix of an announcement in force is announced to nobody now, "" for no reason. */
const char *when_waits(
	const struct daemon *d, const struct conf_announcement *c, const struct prefix *p);
