/*
 * Items of [announce]: who is told, and communities. Pure.
 */
#pragma once

#include "conf/value.h"

/* "all", "vrf NAME", "ADDRESS [vrf NAME]" into item: peer, vrf, or neither for all. False and
 * reported where it is none of them. */
bool conf_target_read(
	struct conf_report *r, unsigned line, const char *text, struct conf_item *item);
/* The same items in the same order. */
bool conf_targets_equal(const struct conf_value *a, const struct conf_value *b);
/* "always", "address-present", "file-present /PATH" into number and path */
bool conf_when_read(const char *text, struct conf_value *v);
/* The two halves of a community that has a name: no-export, no-advertise, no-peer, blackhole,
 * graceful-shutdown (RFC 1997, 3765, 7999, 8326). */
bool conf_community_known(const char *text, uint32_t out[2]);
