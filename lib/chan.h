/*
 * A channel between two of our processes: one end of a SOCK_SEQPACKET socketpair, non-blocking,
 * close-on-exec. A packet is one struct that begins with struct chan_head, or a head and an array.
 * What may be sent on a channel stands in the child's channel.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct chan_head {
	uint8_t version; /* of the channel's header file; a reader refuses another */
	uint8_t type;    /* the channel's enum */
	uint16_t count;  /* elements behind the head; 1 for a single struct */
};

enum {
	CHAN_PACKET_MAX = 16384, /* bytes, head included */
};

int chan_pair(int fd[2]);                              /* 0 or -errno */
int chan_send(int fd, const void *packet, size_t len); /* 0, -EAGAIN when full, other -errno */
/* Bytes of one packet, 0 when the other end is closed, -EAGAIN, -EMSGSIZE, other -errno. */
ssize_t chan_recv(int fd, void *packet, size_t capacity);
