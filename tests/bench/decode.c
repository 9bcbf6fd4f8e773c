/*
 * What decoding costs: a table of N prefixes (default 1M) as one stream of UPDATEs, 7.7 prefixes an
 * attribute set, through framing, decoding and the walk over the prefixes, nothing else, on one
 * core.
 *
 *     bench-decode [--json FILE] [PREFIXES]
 *
 * The sets are synthetic: paths of 2 to 8 AS numbers, 0 to 11 communities, here and there MED,
 * AGGREGATOR and large communities; 6 of 10 prefixes are a /24, the others /16 to /23. Each of five
 * passes goes over the whole stream, far larger than the caches; the CPU time of the best counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bgpd-lite/bgp/msg.h"
#include "lib/wire.h"

enum {
	PASSES = 5,
	SET_BYTES_MAX = 512,
};

struct stream {
	uint8_t *bytes;
	size_t len;
	unsigned messages;
};

struct result {
	unsigned prefixes;
	unsigned messages;
	size_t bytes;
	double seconds; /* of the best pass */
};

static uint32_t random_next(void)
{
	static uint64_t state = 88172645463325252u;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void attribute(struct wr *w, uint8_t flags, enum bgp_attribute type, size_t len)
{
	wr_u8(w, flags);
	wr_u8(w, (uint8_t)type);
	wr_u8(w, (uint8_t)len);
}

static void numbers(struct wr *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		wr_u32(w, 1 + random_next() % 400000);
}

static void path(struct wr *w)
{
	unsigned n = 1 + random_next() % 7;
	attribute(w, 0x40, BGP_ATTRIBUTE_AS_PATH, 2 + 4 * (n + 1));
	wr_u8(w, 2);
	wr_u8(w, (uint8_t)(n + 1));
	wr_u32(w, 65001);
	numbers(w, n);
}

static void attributes(struct wr *w)
{
	unsigned communities = random_next() % 12;
	attribute(w, 0x40, BGP_ATTRIBUTE_ORIGIN, 1);
	wr_u8(w, 0);
	path(w);
	attribute(w, 0x40, BGP_ATTRIBUTE_NEXT_HOP, 4);
	wr_u32(w, 0xc0000201);
	if (random_next() % 4 == 0) {
		attribute(w, 0x80, BGP_ATTRIBUTE_MED, 4);
		numbers(w, 1);
	}
	if (random_next() % 8 == 0) {
		attribute(w, 0xc0, BGP_ATTRIBUTE_AGGREGATOR, 8);
		numbers(w, 2);
	}
	if (communities) {
		attribute(w, 0xc0, BGP_ATTRIBUTE_COMMUNITIES, 4 * communities);
		numbers(w, communities);
	}
	if (random_next() % 8 == 0) {
		attribute(w, 0xc0, BGP_ATTRIBUTE_LARGE_COMMUNITIES, 12);
		numbers(w, 3);
	}
}

static void prefix(struct wr *w, unsigned i)
{
	unsigned len = random_next() % 10 < 6 ? 24 : 16 + random_next() % 8;
	uint32_t a = 0x10000000 + i * 256;
	wr_u8(w, (uint8_t)len);
	for (unsigned k = 0; k < (len + 7) / 8; k++)
		wr_u8(w, (uint8_t)(a >> (24 - 8 * k)));
}

static void message(struct stream *s, unsigned first, unsigned n)
{
	struct wr w = wr_init(s->bytes + s->len, SET_BYTES_MAX);
	for (unsigned i = 0; i < 16; i++)
		wr_u8(&w, 0xff);
	wr_u16(&w, 0);
	wr_u8(&w, BGP_TYPE_UPDATE);
	wr_u16(&w, 0);
	wr_u16(&w, 0);
	size_t start = wr_len(&w);
	attributes(&w);
	wr_put_u16(&w, start - 2, (uint16_t)(wr_len(&w) - start));
	for (unsigned i = 0; i < n; i++)
		prefix(&w, first + i);
	wr_put_u16(&w, 16, (uint16_t)wr_len(&w));
	if (w.err)
		abort();
	s->len += wr_len(&w);
	s->messages++;
}

/* 1 to 14 prefixes a set, and one more for every fifth: 7.7. */
static struct stream stream_new(unsigned prefixes)
{
	struct stream s = {.bytes = malloc((size_t)(prefixes / 7 + 100) * SET_BYTES_MAX)};
	if (!s.bytes)
		abort();
	for (unsigned at = 0; at < prefixes;) {
		unsigned n = 1 + random_next() % 14 + (random_next() % 5 == 0);
		n = n < prefixes - at ? n : prefixes - at;
		message(&s, at, n);
		at += n;
	}
	return s;
}

static unsigned decode_all(const struct stream *s, const struct bgp_update_session *session)
{
	static const struct bgp_frame_rules rules;
	static struct bgp_update u;
	unsigned prefixes = 0;
	for (size_t at = 0; at < s->len;) {
		uint8_t type;
		uint16_t len;
		struct bgp_error e;
		struct prefix p;
		if (bgp_frame(s->bytes + at, s->len - at, &rules, &type, &len, &e) !=
			BGP_FRAME_WHOLE)
			abort();
		bgp_update_decode(
			s->bytes + at + BGP_HEADER_LEN, (size_t)len - BGP_HEADER_LEN, session, &u);
		if (u.action != BGP_UPDATE_ACCEPT)
			abort();
		for (struct bgp_nlri n = u.reachable[0]; bgp_nlri_next(&n, &p);)
			prefixes++;
		at += len;
	}
	return prefixes;
}

static struct result measure(unsigned prefixes)
{
	const struct bgp_update_session session = {.as4 = true,
		.ebgp = true,
		.remote_as = 65001,
		.families = BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6};
	struct stream s = stream_new(prefixes);
	struct result r = {.prefixes = prefixes, .messages = s.messages, .bytes = s.len};
	for (unsigned i = 0; i < PASSES; i++) {
		double began = cpu_s();
		if (decode_all(&s, &session) != prefixes)
			abort();
		double took = cpu_s() - began;
		r.seconds = i == 0 || took < r.seconds ? took : r.seconds;
	}
	free(s.bytes);
	return r;
}

static void processor(char out[128])
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "r");
	out[0] = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "model name : %127[^\n\"\\]", out) == 1)
			break;
	}
	if (f)
		fclose(f);
}

static void json_write(FILE *f, const struct result *r, double load)
{
	struct utsname host = {0};
	char model[128];
	processor(model);
	uname(&host);
	fprintf(f,
		"{\n \"machine\": {\n  \"cpus\": %ld,\n  \"model\": \"%s\",\n  \"kernel\": "
		"\"%s\",\n"
		"  \"load_at_start\": %.2f\n },\n",
		sysconf(_SC_NPROCESSORS_ONLN), model, host.release, load);
	fprintf(f,
		" \"results\": {\n  \"prefixes\": %u,\n  \"messages\": %u,\n  \"bytes\": %zu,\n"
		"  \"cpu_s\": %.4f,\n  \"prefixes_s\": %.0f,\n  \"bytes_s\": %.0f\n }\n}\n",
		r->prefixes, r->messages, r->bytes, r->seconds, r->prefixes / r->seconds,
		(double)r->bytes / r->seconds);
}

int main(int argc, char **argv)
{
	const char *json = argc > 2 && strcmp(argv[1], "--json") == 0 ? argv[2] : NULL;
	const char *n = json ? argv[3] : argv[1];
	double load = 0;
	if (getloadavg(&load, 1) != 1)
		load = 0;
	struct result r = measure(n ? (unsigned)strtoul(n, NULL, 10) : 1000000);
	printf("%u prefixes in %u UPDATEs, %.1f MB: %.3f s of CPU, %.2fM prefixes/s, %.0f MB/s, "
	       "%.0f ns an UPDATE\n",
		r.prefixes, r.messages, (double)r.bytes / 1e6, r.seconds,
		r.prefixes / r.seconds / 1e6, (double)r.bytes / r.seconds / 1e6,
		r.seconds * 1e9 / r.messages);
	FILE *f = json ? fopen(json, "w") : NULL;
	if (json && !f) {
		perror(json);
		return 1;
	}
	if (f) {
		json_write(f, &r, load);
		fclose(f);
	}
	return 0;
}
