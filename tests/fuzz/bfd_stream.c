/*
 * Fuzz: control packets as they come in, on five sessions (one Up, one Down, one in AdminDown, one
 * over several hops, one with meticulous SHA1).
 *
 * Input: records of 1 byte what, 1 byte length, then that many bytes as UDP payload. `what` picks
 * the arrival (which session's path, TTL, interface), whether Your Discriminator is made right, and
 * how far the clock moves before; 8 signs the packet, its sequence number is the last
 * byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bfd/receive.h"
#include "lib/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	N = 5,
	REMOVED = 2,
	HOPS = 3,
	SIGNED = 4,
};

static struct bfd_session sessions[N];
static const struct bfd_auth auth = {.type = BFD_AUTH_METICULOUS_SHA1,
	.keys_n = 1,
	.keys = {{.id = 1, .len = 6, .bytes = "secret"}}};

static void start(struct bfd_table *t)
{
	for (uint32_t i = 0; i < N; i++) {
		struct bfd_session *s = &sessions[i];
		*s = (struct bfd_session){.id = i + 1,
			.ifindex = i,
			.device = "red",
			.local = addr_v4(0x0a000001),
			.remote = addr_v4(0x0a000002 + i),
			.tx_us = 50000,
			.rx_us = 50000,
			.multiplier = (uint8_t)(i + 1),
			.multihop = i == HOPS,
			.minimum_ttl = 255};
		bfd_session_start(s, 0x01010101 * (i + 1), 1);
		if (!bfd_table_add(t, s))
			abort();
	}
	sessions[SIGNED].auth = auth;
	bfd_session_event(&sessions[0], BFD_EVENT_RX_INIT, 1);
	bfd_session_disable(&sessions[REMOVED], 1);
}

/* What must hold after anything a peer can send. */
static void check(const struct bfd_session *s, const struct bfd_received *r, uint64_t now_ns)
{
	struct bfd_packet p;
	uint8_t b[BFD_PACKET_LEN];
	bfd_session_fill(s, r->actions & BFD_ACTION_SEND_FINAL, &p);
	bfd_packet_encode(&p, b);
	if (bfd_packet_decode(b, sizeof(b), &p) != BFD_DROP_NONE || (p.poll && p.final))
		abort();
	if (s->state != BFD_STATE_UP && s->remote_rx_us && !s->linger_ns &&
		bfd_session_tx_us(s) < 1000000)
		abort();
	if (r->drop != BFD_DROP_NONE && r->actions)
		abort();
	if (s->last_rx_ns > now_ns || s->remote_state > BFD_STATE_UP)
		abort();
	if (s == &sessions[REMOVED] && s->state != BFD_STATE_ADMIN_DOWN)
		abort();
}

static void one(struct bfd_table *t, uint8_t what, const uint8_t *bytes, size_t len, uint64_t now)
{
	struct bfd_session *s = &sessions[what % N];
	struct bfd_arrival a = {.device = "red\0\0\0\0\0\0\0\0\0\0\0\0",
		.ifindex = s->ifindex,
		.local = s->local,
		.remote = s->remote,
		.ttl = what & 0x40 ? 254 : 255,
		.at_ns = now};
	uint8_t *copy = malloc(len > BFD_PACKET_MAX ? len : BFD_PACKET_MAX);
	bool sign = what & 0x08 && len >= BFD_PACKET_LEN;
	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	a.multihop = s->multihop != (what == 0xff);
	if (what & 0x10 && len >= 12)
		memset(copy + 8, (what % N) + 1, 4);
	if (sign)
		len = bfd_auth_sign(&auth, bytes[len - 1], copy);
	struct bfd_received r = bfd_receive(t, copy, len, &a, now);
	free(copy);
	if (r.drop == BFD_DROP_NONE && sign != (r.session == &sessions[SIGNED]))
		abort();
	if (r.drop == BFD_DROP_NONE && r.session->multihop != a.multihop)
		abort();
	for (size_t i = 0; i < N; i++)
		check(&sessions[i], &r, now);
	if (r.session && now >= bfd_session_expiry_ns(r.session))
		bfd_session_expire(r.session, what & 0x80, now);
	bfd_session_rephase(s, what * 0x01010101u, now);
	bfd_table_update(t, s, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bfd_table *t = bfd_table_new(1);
	struct rd r = rd_init(data, size);
	uint64_t now = 1000000;
	if (!t)
		abort();
	start(t);
	while (rd_left(&r) >= 2) {
		uint8_t what = rd_u8(&r);
		size_t len = rd_u8(&r);
		len = len < rd_left(&r) ? len : rd_left(&r);
		now += what & 0x20 ? 200000000 : 1000000;
		one(t, what, rd_bytes(&r, len), len, now);
	}
	for (size_t i = 0; i < N; i++)
		bfd_table_remove(t, &sessions[i]);
	bfd_table_free(t);
	return 0;
}
