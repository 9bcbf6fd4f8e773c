#include "rib/out.h"

#include <stdlib.h>
#include <string.h>

enum {
	ELEMENTS_SMALL = 32, /* of a packet that is not routes */
};

struct out_packet {
	struct out_packet *next;
	uint32_t len;
	uint32_t room;
	uint8_t bytes[];
};

void out_pop(struct out *o)
{
	struct out_packet *p = o->head;

	if (!p)
		return;
	o->head = p->next;
	if (!o->head)
		o->tail = NULL;
	o->bytes -= p->len;
	free(p);
}

void out_clear(struct out *o)
{
	while (o->head)
		out_pop(o);
	reserve_yield(&o->reserve);
}

static struct out_packet *packet_new(struct out *o, const void *bytes, size_t len, size_t room)
{
	struct out_packet *p = reserve_malloc(&o->reserve, sizeof(*p) + room);

	if (!p) {
		o->no_memory = true;
		return NULL;
	}
	p->next = NULL;
	p->len = (uint32_t)len;
	p->room = (uint32_t)room;
	memcpy(p->bytes, bytes, len);
	if (o->tail)
		o->tail->next = p;
	else
		o->head = p;
	o->tail = p;
	o->made++;
	o->bytes += len;
	return p;
}

void out_push(struct out *o, const void *packet, size_t len)
{
	packet_new(o, packet, len, len);
}

/* The tail, when it holds elements of this type and has room for one more. */
static struct out_packet *tail_of(const struct out *o, enum fib_msg_type type, size_t size)
{
	struct out_packet *p = o->tail;
	struct chan_head h;

	if (!p || p->len + size > p->room)
		return NULL;
	memcpy(&h, p->bytes, sizeof(h));
	return h.type == type ? p : NULL;
}

void out_add(struct out *o, enum fib_msg_type type, const void *element, size_t size)
{
	struct out_packet *p = tail_of(o, type, size);
	struct chan_head h = {.version = FIB_CHANNEL_VERSION, .type = (uint8_t)type};
	size_t most = type == FIB_MSG_ROUTES ? FIB_ROUTES_PER_PACKET : ELEMENTS_SMALL;

	if (!p)
		p = packet_new(o, &h, sizeof(h), sizeof(h) + most * size);
	if (!p)
		return;
	memcpy(&h, p->bytes, sizeof(h));
	h.count++;
	memcpy(p->bytes, &h, sizeof(h));
	memcpy(p->bytes + p->len, element, size);
	p->len += (uint32_t)size;
	o->bytes += size;
}

const void *out_peek(const struct out *o, size_t *len)
{
	if (!o->head)
		return NULL;
	*len = o->head->len;
	return o->head->bytes;
}
