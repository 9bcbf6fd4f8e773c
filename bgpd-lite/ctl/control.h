/*
 * The control socket RUNDIR/control: NUL-terminated JSON requests and replies in the form of the
 * varlink protocol ({"method": "io.bgpd-lite.Status", "parameters": {...}, "more": true} ->
 * {"parameters": {...}, "continues": true} ... or {"error": "io.bgpd-lite.NotFound", "parameters":
 * {...}}). bgp process.
 *
 * Reading is for everybody who can open the socket (0660); changing for root and the daemon's own
 * user (SO_PEERCRED). Limits: 32 clients, 64 KB a request, replies of at most 500 routes, at most
 * 256 KB buffered for a client that does not read; walks go on when it has read. One request at a
 * time is served for a client, others wait in its socket.
 */
#pragma once

#include "bgpd-lite/daemon.h"

struct control *control_new(struct daemon *d); /* NULL: could not; a warning was logged */
void control_free(struct control *c);
/* Memory held, clients and their buffers; c NULL: 0 */
size_t control_bytes(const struct control *c, size_t *clients_n);
