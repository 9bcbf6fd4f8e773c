/*
 * Reception of a control packet: RFC 5880 6.8.6, 5881 5, 5883 5, in the order written there. A
 * packet that fails a check changes nothing but that check's counter. Pure; used by the bfd
 * process.
 */
#pragma once

#include "bfd/table.h"

struct bfd_received {
	struct bfd_session *session; /* NULL: none was found */
	enum bfd_drop drop;          /* BFD_DROP_NONE: accepted */
	unsigned actions;            /* enum bfd_action */
};

/* The payload of one UDP packet to port 3784 or 4784. */
struct bfd_received bfd_receive(struct bfd_table *t, const void *payload, size_t len,
	const struct bfd_arrival *a, uint64_t now_ns);

/* Packets refused before a session was found, of all reasons. */
uint64_t bfd_refused_n(const struct bfd_table *t);
