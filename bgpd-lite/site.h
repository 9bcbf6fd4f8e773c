/*
 * The configuration as it is for this host: [match] looks at its name and its interfaces, as the
 * fib process tells them. bgp process and `--check`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct daemon;
struct daemon_options;

/* conf_build() for this host, with the interfaces that are there now; before the rib knows them
 * there are none. */
struct conf *site_build(
	const struct daemon *d, const struct conf_text *texts, size_t n, bool *usable);
/* The same without a daemon, with the interfaces of the options, else those of this process's
 * network namespace. */
struct conf *site_check(
	const struct daemon_options *o, const struct conf_text *texts, size_t n, bool *usable);
/* Interfaces came or went so that another [match] may hold than in the configuration in force. */
bool site_moved(const struct daemon *d);
