#include "lib/wire.h"

#include <string.h>

struct rd rd_init(const void *bytes, size_t len)
{
	static const uint8_t nothing;
	const uint8_t *p = bytes ? bytes : &nothing;
	return (struct rd){.p = p, .end = p + (bytes ? len : 0)};
}

size_t rd_left(const struct rd *r)
{
	return r->err ? 0 : (size_t)(r->end - r->p);
}

const uint8_t *rd_bytes(struct rd *r, size_t len)
{
	if (r->err || (size_t)(r->end - r->p) < len) {
		r->err = true;
		return NULL;
	}
	const uint8_t *p = r->p;
	r->p += len;
	return p;
}

struct rd rd_sub(struct rd *r, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);
	struct rd sub = rd_init(p, len);
	sub.err = p == NULL;
	return sub;
}

static uint64_t rd_be(struct rd *r, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);
	uint64_t v = 0;
	for (size_t i = 0; p && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return rd_be(r, 8);
}

struct wr wr_init(void *buffer, size_t capacity)
{
	return (struct wr){.base = buffer, .p = buffer, .end = (uint8_t *)buffer + capacity};
}

size_t wr_len(const struct wr *w)
{
	return (size_t)(w->p - w->base);
}

size_t wr_left(const struct wr *w)
{
	return w->err ? 0 : (size_t)(w->end - w->p);
}

void wr_bytes(struct wr *w, const void *bytes, size_t len)
{
	if (w->err || (size_t)(w->end - w->p) < len) {
		w->err = true;
		return;
	}
	if (len)
		memcpy(w->p, bytes, len);
	w->p += len;
}

static void wr_be(struct wr *w, uint64_t v, size_t len)
{
	uint8_t b[8];
	for (size_t i = 0; i < len; i++)
		b[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	wr_bytes(w, b, len);
}

void wr_u8(struct wr *w, uint8_t v)
{
	wr_be(w, v, 1);
}

void wr_u16(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

void wr_u32(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void wr_u64(struct wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

void wr_put_u8(struct wr *w, size_t at, uint8_t v)
{
	if (w->err || at + 1 > wr_len(w)) {
		w->err = true;
		return;
	}
	w->base[at] = v;
}

void wr_put_u16(struct wr *w, size_t at, uint16_t v)
{
	if (w->err || at + 2 > wr_len(w)) {
		w->err = true;
		return;
	}
	w->base[at] = (uint8_t)(v >> 8);
	w->base[at + 1] = (uint8_t)v;
}
