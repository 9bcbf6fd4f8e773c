#include "bfd/auth.h"

#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/sha1.h>
#include <string.h>

#include "lib/wire.h"

enum {
	FLAG_AUTH = 0x04,
	SIMPLE_HEAD = 3, /* type, length, key id */
	DIGEST_HEAD = 8, /* and reserved, sequence number */
};

static bool is_sha1(uint8_t type)
{
	return type == BFD_AUTH_KEYED_SHA1 || type == BFD_AUTH_METICULOUS_SHA1;
}

uint8_t bfd_auth_key_max(uint8_t type)
{
	return is_sha1(type) ? BFD_AUTH_LONG_KEY : BFD_AUTH_SHORT_KEY;
}

bool bfd_auth_is_meticulous(uint8_t type)
{
	return type == BFD_AUTH_METICULOUS_MD5 || type == BFD_AUTH_METICULOUS_SHA1;
}

bool bfd_auth_is_sane(const struct bfd_auth *a)
{
	if (a->type > BFD_AUTH_METICULOUS_SHA1 || a->keys_n > BFD_AUTH_KEYS)
		return false;
	if (a->type != BFD_AUTH_NONE && a->keys_n == 0)
		return false;
	for (unsigned i = 0; i < a->keys_n; i++)
		if (a->keys[i].len == 0 || a->keys[i].len > bfd_auth_key_max(a->type))
			return false;
	return true;
}

static const struct bfd_auth_key *find_key(const struct bfd_auth *a, uint8_t id)
{
	for (unsigned i = 0; i < a->keys_n; i++)
		if (a->keys[i].id == id)
			return &a->keys[i];
	return NULL;
}

/* Of the packet with the key in the digest's place, which is its end. */
static void digest(uint8_t type, const struct bfd_auth_key *key, const uint8_t *packet, size_t len,
	uint8_t out[BFD_AUTH_LONG_KEY])
{
	uint8_t padded[BFD_AUTH_LONG_KEY] = {0};
	size_t key_len = bfd_auth_key_max(type);
	struct md5_ctx md5;
	struct sha1_ctx sha1;
	memcpy(padded, key->bytes, key->len);
	if (is_sha1(type)) {
		sha1_init(&sha1);
		sha1_update(&sha1, len - key_len, packet);
		sha1_update(&sha1, key_len, padded);
		sha1_digest(&sha1, SHA1_DIGEST_SIZE, out);
	} else {
		md5_init(&md5);
		md5_update(&md5, len - key_len, packet);
		md5_update(&md5, key_len, padded);
		md5_digest(&md5, MD5_DIGEST_SIZE, out);
	}
	explicit_bzero(padded, sizeof(padded));
}

static enum bfd_drop check_password(const struct bfd_auth_key *key, struct rd *r, size_t len)
{
	const uint8_t *password = rd_bytes(r, len);
	if (r->err || len != key->len || !memeql_sec(password, key->bytes, len))
		return BFD_DROP_AUTH_DIGEST;
	return BFD_DROP_NONE;
}

static enum bfd_drop check_digest(const struct bfd_auth *a, const struct bfd_auth_key *key,
	const uint8_t *packet, size_t len, struct bfd_auth_window w, uint32_t *seq)
{
	uint8_t want[BFD_AUTH_LONG_KEY];
	size_t want_len = bfd_auth_key_max(a->type);
	struct rd r = rd_init(packet + BFD_PACKET_LEN, len - BFD_PACKET_LEN);
	rd_bytes(&r, SIMPLE_HEAD + 1);
	uint32_t got = rd_u32(&r);
	const uint8_t *theirs = rd_bytes(&r, want_len);
	if (r.err)
		return BFD_DROP_AUTH_LENGTH;
	if (w.n && got - w.first >= w.n)
		return BFD_DROP_AUTH_SEQUENCE;
	digest(a->type, key, packet, len, want);
	if (!memeql_sec(theirs, want, want_len))
		return BFD_DROP_AUTH_DIGEST;
	*seq = got;
	return BFD_DROP_NONE;
}

enum bfd_drop bfd_auth_check(const struct bfd_auth *a, const uint8_t *packet,
	const struct bfd_packet *p, struct bfd_auth_window w, uint32_t *seq)
{
	if (p->auth != (a->type != BFD_AUTH_NONE))
		return BFD_DROP_AUTH;
	if (!p->auth)
		return BFD_DROP_NONE;
	struct rd r = rd_init(packet + BFD_PACKET_LEN, p->length - BFD_PACKET_LEN);
	uint8_t type = rd_u8(&r), len = rd_u8(&r), id = rd_u8(&r);
	bool simple = a->type == BFD_AUTH_SIMPLE;
	if (type != a->type)
		return BFD_DROP_AUTH_TYPE;
	if (r.err || len != p->length - BFD_PACKET_LEN ||
		(!simple && len != DIGEST_HEAD + bfd_auth_key_max(a->type)))
		return BFD_DROP_AUTH_LENGTH;
	const struct bfd_auth_key *key = find_key(a, id);
	if (!key)
		return BFD_DROP_AUTH_KEY;
	if (!simple)
		return check_digest(a, key, packet, p->length, w, seq);
	enum bfd_drop drop = check_password(key, &r, len - SIMPLE_HEAD);
	if (drop == BFD_DROP_NONE)
		*seq = 0;
	return drop;
}

size_t bfd_auth_sign(const struct bfd_auth *a, uint32_t seq, uint8_t packet[BFD_PACKET_MAX])
{
	const struct bfd_auth_key *key = &a->keys[0];
	bool simple = a->type == BFD_AUTH_SIMPLE;
	size_t len = simple ? SIMPLE_HEAD + key->len : DIGEST_HEAD + bfd_auth_key_max(a->type);
	struct wr w = wr_init(packet + BFD_PACKET_LEN, BFD_AUTH_SECTION_MAX);
	packet[1] |= FLAG_AUTH;
	packet[3] = (uint8_t)(BFD_PACKET_LEN + len);
	wr_u8(&w, a->type);
	wr_u8(&w, (uint8_t)len);
	wr_u8(&w, key->id);
	if (simple) {
		wr_bytes(&w, key->bytes, key->len);
	} else {
		wr_u8(&w, 0);
		wr_u32(&w, seq);
		digest(a->type, key, packet, packet[3], packet + BFD_PACKET_LEN + DIGEST_HEAD);
	}
	return packet[3];
}
