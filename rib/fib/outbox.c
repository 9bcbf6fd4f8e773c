#include "rib/fib/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rib/fib/handles.h"

enum {
	FULL_N = 512,
	ARRAY_N = 64, /* links or addresses a packet */
};

struct outbox_packet {
	struct outbox_packet *next;
	size_t len;
	uint8_t bytes[];
};

static struct chan_head head_of(enum fib_msg_type type, size_t count)
{
	return (struct chan_head){
		.version = FIB_CHANNEL_VERSION, .type = (uint8_t)type, .count = (uint16_t)count};
}

void outbox_put(struct outbox *o, const void *packet, size_t len)
{
	struct outbox_packet *p = fib_grow(NULL, 1, sizeof(*p) + len);
	p->next = NULL;
	p->len = len;
	memcpy(p->bytes, packet, len);
	if (o->tail)
		o->tail->next = p;
	else
		o->head = p;
	o->tail = p;
	o->n++;
}

void outbox_route_error(struct outbox *o, const struct fib_route *r, int error, const char *text)
{
	struct fib_msg_route_error m = {
		.head = head_of(FIB_MSG_ROUTE_ERROR, 1), .route = *r, .error = error};
	snprintf(m.text, sizeof(m.text), "%s", text);
	outbox_put(o, &m, sizeof(m));
}

void outbox_gateway_lost(struct outbox *o, uint32_t gateway, int error, const char *text)
{
	struct fib_msg_gateway_lost m = {
		.head = head_of(FIB_MSG_GATEWAY_LOST, 1), .gateway = gateway, .error = error};
	snprintf(m.text, sizeof(m.text), "%s", text);
	outbox_put(o, &m, sizeof(m));
}

void outbox_group_flushed(struct outbox *o, uint32_t group)
{
	struct {
		struct chan_head head;
		struct fib_handle group;
	} m = {.head = head_of(FIB_MSG_GROUP_FLUSHED, 1), .group = {group}};
	outbox_put(o, &m, sizeof(m));
}

void outbox_table_error(struct outbox *o, uint32_t table, int error, const char *text)
{
	struct fib_msg_table_error m = {
		.head = head_of(FIB_MSG_TABLE_ERROR, 1), .table = table, .error = error};
	snprintf(m.text, sizeof(m.text), "%s", text);
	outbox_put(o, &m, sizeof(m));
}

bool outbox_full(const struct outbox *o)
{
	return o->n >= FULL_N;
}

static bool send_now(struct outbox *o, const void *packet, size_t len)
{
	int error = o->closed ? 0 : chan_send(o->fd, packet, len);
	if (error == -EAGAIN || error == -ENOBUFS)
		return false;
	/* Nobody is there to be told; the read side sees the end and acts. */
	o->closed |= error != 0;
	return true;
}

static bool flush_packets(struct outbox *o)
{
	while (o->head) {
		struct outbox_packet *p = o->head;
		if (!send_now(o, p->bytes, p->len))
			return false;
		o->head = p->next;
		if (!o->head)
			o->tail = NULL;
		o->n--;
		free(p);
	}
	return true;
}

static bool flush_links(struct outbox *o, struct hostview *v)
{
	struct {
		struct chan_head head;
		struct fib_link link[ARRAY_N];
	} m;
	size_t n;
	while ((n = hostview_dirty_links(v, m.link, ARRAY_N))) {
		m.head = head_of(FIB_MSG_LINK, n);
		if (!send_now(o, &m, sizeof(m.head) + n * sizeof(m.link[0])))
			return false;
		hostview_links_told(v, n);
	}
	return true;
}

static bool flush_addresses(struct outbox *o, struct hostview *v)
{
	struct {
		struct chan_head head;
		struct fib_address address[ARRAY_N];
	} m;
	size_t n;
	while ((n = hostview_dirty_addresses(v, m.address, ARRAY_N))) {
		m.head = head_of(FIB_MSG_ADDRESS, n);
		if (!send_now(o, &m, sizeof(m.head) + n * sizeof(m.address[0])))
			return false;
		hostview_addresses_told(v, n);
	}
	return true;
}

static bool flush_host(struct outbox *o, struct hostview *v)
{
	struct chan_head synced = head_of(FIB_MSG_SYNCED, 1);
	if (v->dirty && (!flush_links(o, v) || !flush_addresses(o, v)))
		return false;
	v->dirty = false;
	if (o->sync_due && !send_now(o, &synced, sizeof(synced)))
		return false;
	o->sync_due = false;
	return true;
}

static bool flush_done(struct outbox *o)
{
	struct fib_msg_done m = {.head = head_of(FIB_MSG_DONE, 1), .packets = o->done};
	if (o->done == o->done_told)
		return true;
	if (!send_now(o, &m, sizeof(m)))
		return false;
	o->done_told = o->done;
	return true;
}

bool outbox_flush(struct outbox *o, struct hostview *v)
{
	return flush_host(o, v) && flush_packets(o) && flush_done(o);
}

void outbox_free(struct outbox *o)
{
	while (o->head) {
		struct outbox_packet *p = o->head;
		o->head = p->next;
		free(p);
	}
}
