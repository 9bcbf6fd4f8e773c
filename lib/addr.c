#include "lib/addr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct addr addr_v4(uint32_t h)
{
	return (struct addr){.family = ADDR_V4,
		.b = {(uint8_t)(h >> 24), (uint8_t)(h >> 16), (uint8_t)(h >> 8), (uint8_t)h}};
}

size_t addr_bytes(enum addr_family family)
{
	return family == ADDR_V4 ? 4 : family == ADDR_V6 ? 16 : 0;
}

uint8_t addr_bits(enum addr_family family)
{
	return (uint8_t)(addr_bytes(family) * 8);
}

struct addr addr_from_bytes(enum addr_family family, const void *bytes)
{
	struct addr a = {.family = (uint8_t)family};
	memcpy(a.b, bytes, addr_bytes(family));
	return a;
}

uint32_t addr_u32(struct addr a)
{
	return (uint32_t)a.b[0] << 24 | (uint32_t)a.b[1] << 16 | (uint32_t)a.b[2] << 8 | a.b[3];
}

int addr_family_af(enum addr_family f)
{
	return f == ADDR_V4 ? AF_INET : f == ADDR_V6 ? AF_INET6 : AF_UNSPEC;
}

bool addr_equal(struct addr a, struct addr b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

int addr_compare(struct addr a, struct addr b)
{
	return memcmp(&a, &b, sizeof(a));
}

bool addr_is_link_local(struct addr a)
{
	if (a.family == ADDR_V4)
		return a.b[0] == 169 && a.b[1] == 254;
	return a.family == ADDR_V6 && a.b[0] == 0xfe && (a.b[1] & 0xc0) == 0x80;
}

bool addr_is_loopback(struct addr a)
{
	static const uint8_t one[16] = {[15] = 1};
	if (a.family == ADDR_V4)
		return a.b[0] == 127;
	return a.family == ADDR_V6 && memcmp(a.b, one, 16) == 0;
}

bool addr_is_multicast(struct addr a)
{
	if (a.family == ADDR_V4)
		return (a.b[0] & 0xf0) == 0xe0;
	return a.family == ADDR_V6 && a.b[0] == 0xff;
}

bool addr_is_unspecified(struct addr a)
{
	static const uint8_t zero[16];
	return a.family != ADDR_NONE && memcmp(a.b, zero, 16) == 0;
}

bool addr_parse(const char *text, struct addr *out)
{
	uint8_t b[16];
	if (inet_pton(AF_INET, text, b) == 1)
		*out = addr_from_bytes(ADDR_V4, b);
	else if (inet_pton(AF_INET6, text, b) == 1)
		*out = addr_from_bytes(ADDR_V6, b);
	else
		return false;
	return true;
}

const char *addr_text(struct addr a, char text[ADDR_TEXT_MAX])
{
	if (a.family == ADDR_NONE || !inet_ntop(addr_family_af(a.family), a.b, text, ADDR_TEXT_MAX))
		strcpy(text, "-");
	return text;
}

/* The first n of 64 bits, 0 <= n <= 64, in network order. */
static uint64_t mask64(unsigned n)
{
	return n ? htobe64(UINT64_MAX << (64 - n)) : 0;
}

struct prefix prefix_make(struct addr a, uint8_t len)
{
	uint8_t bits = addr_bits(a.family);
	uint64_t half[2];

	if (len > bits)
		len = bits;
	memcpy(half, a.b, sizeof(half));
	half[0] &= mask64(len < 64 ? len : 64);
	half[1] &= mask64(len < 64 ? 0 : len - 64u);
	memcpy(a.b, half, sizeof(half));
	return (struct prefix){.addr = a, .len = len};
}

bool prefix_equal(struct prefix a, struct prefix b)
{
	return a.len == b.len && addr_equal(a.addr, b.addr);
}

int prefix_compare(struct prefix a, struct prefix b)
{
	int c = addr_compare(a.addr, b.addr);
	return c ? c : (int)a.len - (int)b.len;
}

bool prefix_has_addr(struct prefix p, struct addr a)
{
	return p.addr.family == a.family && addr_equal(prefix_make(a, p.len).addr, p.addr);
}

bool prefix_contains(struct prefix outer, struct prefix inner)
{
	return outer.len <= inner.len && prefix_has_addr(outer, inner.addr);
}

bool prefix_parse(const char *text, struct prefix *out, bool *host_bits)
{
	char buf[ADDR_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	struct addr a;

	*host_bits = false;
	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = 0;
	if (!addr_parse(buf, &a))
		return false;
	unsigned long len = addr_bits(a.family);
	if (slash) {
		char *end;
		if (slash[1] < '0' || slash[1] > '9' || (slash[1] == '0' && slash[2]))
			return false;
		len = strtoul(slash + 1, &end, 10);
		if (*end || len > addr_bits(a.family))
			return false;
	}
	struct prefix p = prefix_make(a, (uint8_t)len);
	if (!addr_equal(p.addr, a)) {
		*host_bits = true;
		return false;
	}
	*out = p;
	return true;
}

const char *prefix_text(struct prefix p, char text[PREFIX_TEXT_MAX])
{
	char a[ADDR_TEXT_MAX];
	snprintf(text, PREFIX_TEXT_MAX, "%s/%u", addr_text(p.addr, a), p.len);
	return text;
}

uint32_t hash_bytes(const void *bytes, size_t len, uint32_t seed)
{
	const uint8_t *p = bytes;
	uint64_t h = seed ^ (len * 0x9e3779b97f4a7c15u);
	while (len >= 8) {
		uint64_t v;
		memcpy(&v, p, 8);
		h = (h ^ v) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
		p += 8;
		len -= 8;
	}
	uint64_t tail = 0;
	if (len)
		memcpy(&tail, p, len);
	h = (h ^ tail) * 0xc4ceb9fe1a85ec53u;
	h ^= h >> 29;
	h *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}
