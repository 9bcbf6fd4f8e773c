/*
 * STATE_DIR/routes-without-objects: is there while routes of this or an earlier life may be in the
 * kernel that have their next hops themselves ([kernel] nexthop-mode = multipath). Nothing in the
 * kernel says whose these are, so a life with objects looks here. bgp process. What cannot be
 * written is left out, and logged.
 */
#pragma once

#include <stdbool.h>

void plain_mark_set(const char *state_dir);
bool plain_mark_is_set(const char *state_dir);
void plain_mark_remove(const char *state_dir);
