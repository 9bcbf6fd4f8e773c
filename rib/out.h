/*
 * The queue of packets for the fib process's bulk channel. Packets are numbered from 1 in the order
 * of their making, which is the order of sending, so FIB_MSG_DONE names them too. Elements of one
 * type that follow each other share a packet. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"
#include "rib/reserve.h"

struct out_packet;
struct out {
	struct out_packet *head;
	struct out_packet *tail;
	uint64_t made;  /* number of the last packet made */
	uint64_t acked; /* number of the last packet that fib carried out */
	size_t bytes;   /* queued */
	struct reserve reserve;
	bool no_memory; /* sticky: something could not be queued, the plan is broken */
};

void out_clear(struct out *o);
/* A whole packet. */
void out_push(struct out *o, const void *packet, size_t len);
/* One element of a message with an array. o->made is then the number of its packet. */
void out_add(struct out *o, enum fib_msg_type type, const void *element, size_t size);
const void *out_peek(const struct out *o, size_t *len); /* NULL: empty */
void out_pop(struct out *o);
