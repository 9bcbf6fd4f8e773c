/*
 * Listening sockets for BGP: one for each (device, family, port) that a session which may be
 * connected to needs; none when there is none. bgp process.
 *
 * A connection from an address that is no configured neighbour is closed at once, counted and
 * logged at most once in 10 s. TCP-MD5 keys are set on the listener before a neighbour can connect;
 * IP_MINTTL on the accepted socket before a byte is read. Out of file descriptors: accept pauses 1
 * s.
 */
#pragma once

#include <ev.h>
#include <stddef.h>

#include "bgpd-lite/session.h"

struct listeners;
struct listeners *listeners_new(struct ev_loop *loop);
void listeners_free(struct listeners *l);
/* The sessions that exist now; opens what is missing, closes what is not needed, sets keys. Called
 * again after changes and when devices return. A socket that cannot be opened is tried again every
 * second (a port still held, a device that does not exist yet); after 5 s one warning.
 * Returns the number of listeners that are not open yet. */
size_t listeners_update(struct listeners *l, struct session *const *sessions, size_t n);
/* One link is gone: its listeners must be made anew when it returns. */
void listeners_device_gone(struct listeners *l, const char *device);
