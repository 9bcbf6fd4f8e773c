/*
 * Bounds-checked reader and writer for bytes in network order. Every process.
 *
 * Both carry a sticky error: after a read past the end (or a write past it) every later call is
 * harmless, reads give 0 or NULL, and the caller checks `err` once at the end. Nothing else in the
 * project does arithmetic on pointers into bytes that came from outside.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A window on bytes that are still to be read. The bytes are borrowed. */
struct rd {
	const uint8_t *p;
	const uint8_t *end;
	bool err; /* a read went past the end */
};

struct rd rd_init(const void *bytes, size_t len);
size_t rd_left(const struct rd *r); /* 0 after an error */
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* The next len bytes, or NULL and the error set. len 0 gives a non-NULL pointer. */
const uint8_t *rd_bytes(struct rd *r, size_t len);
/* A reader on the next len bytes alone; where they are not there both readers are in error. */
struct rd rd_sub(struct rd *r, size_t len);

/* A window on a buffer that is being filled. The buffer is borrowed. */
struct wr {
	uint8_t *base;
	uint8_t *p;
	uint8_t *end;
	bool err; /* a write went past the end; what stands before it is whole */
};

struct wr wr_init(void *buffer, size_t capacity);
size_t wr_len(const struct wr *w);  /* bytes written */
size_t wr_left(const struct wr *w); /* bytes that still fit; 0 after an error */
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *bytes, size_t len);
/* Overwrite a value that was written before, at offset `at` from the start of the buffer. */
void wr_put_u8(struct wr *w, size_t at, uint8_t v);
void wr_put_u16(struct wr *w, size_t at, uint16_t v);
