/*
 * A neighbour's name: ADDRESS[%INTERFACE] [vrf NAME], or INTERFACE [vrf NAME]. Pure.
 */
#pragma once

#include "conf/source.h"

/* CONF_FAMILY_* where none are written. */
uint32_t conf_families_default(struct addr neighbor);
/* Reads the words behind `neighbor` into s: name (one spelling for one neighbour), address,
 * interface, vrf. False and reported where they are none. */
bool conf_peer_read(
	struct conf_report *r, unsigned line, const char *text, struct conf_source_section *s);
