/*
 * A neighbour's name: ADDRESS[%INTERFACE] [vrf NAME]. Pure.
 */
#pragma once

#include "conf/source.h"

/* Reads the words behind `neighbor` into s: name (one spelling for one neighbour), address,
 * interface, vrf. False and reported where they are none. */
bool conf_peer_read(
	struct conf_report *r, unsigned line, const char *text, struct conf_source_section *s);
