#include "lib/journal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct entry {
	char *bytes;
	size_t len;
};

struct value {
	const char *s;
	size_t len;
};

static void put_bytes(struct entry *e, const void *bytes, size_t len)
{
	memcpy(e->bytes + e->len, bytes, len);
	e->len += len;
}

/* A value with a line end goes with its length, 64 bits, little-endian. */
static void put_length(struct entry *e, uint64_t len)
{
	uint8_t b[8];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(len >> 8 * i);
	put_bytes(e, "\n", 1);
	put_bytes(e, b, sizeof(b));
}

static void put(struct entry *e, const char *name, struct value v)
{
	size_t name_len = strlen(name);

	if (v.len > JOURNAL_ENTRY_MAX || name_len + v.len + 16 > JOURNAL_ENTRY_MAX - e->len)
		return;
	put_bytes(e, name, name_len);
	if (memchr(v.s, '\n', v.len))
		put_length(e, v.len);
	else
		put_bytes(e, "=", 1);
	put_bytes(e, v.s, v.len);
	put_bytes(e, "\n", 1);
}

static void put_text(struct entry *e, const char *name, const char *text)
{
	put(e, name, (struct value){text, strlen(text)});
}

/* What stands behind "key=", at the beginning of a word outside quotes; quotes are taken off. */
static bool find(const char *line, const char *key, struct value *out)
{
	size_t key_len = strlen(key);
	bool word = true, quoted = false;

	for (const char *p = line; *p; p++) {
		if (word && !quoted && strncmp(p, key, key_len) == 0 && p[key_len] == '=') {
			const char *s = p + key_len + 1;
			bool quotes = *s == '"';
			s += quotes;
			*out = (struct value){s, strcspn(s, quotes ? "\"" : " ")};
			return out->len > 0;
		}
		quoted ^= *p == '"';
		word = *p == ' ';
	}
	return false;
}

/* "192.0.2.1 vrf red" is two. */
static void put_neighbor(struct entry *e, struct value name, bool *has_vrf)
{
	static const char between[] = " vrf ";
	size_t len = sizeof(between) - 1;
	const char *at = memmem(name.s, name.len, between, len);
	struct value vrf = {0};

	if (at) {
		vrf = (struct value){at + len, name.len - (size_t)(at - name.s) - len};
		name.len = (size_t)(at - name.s);
	}
	put(e, "BGPD_LITE_PEER", name);
	if (vrf.len)
		put(e, "BGPD_LITE_VRF", vrf);
	*has_vrf = vrf.len;
}

static void put_keys(struct entry *e, const char *line)
{
	struct value v;
	bool has_vrf = false;

	if (find(line, "neighbor", &v))
		put_neighbor(e, v, &has_vrf);
	else if (find(line, "peer", &v))
		put(e, "BGPD_LITE_PEER", v);
	if (!has_vrf && find(line, "vrf", &v))
		put(e, "BGPD_LITE_VRF", v);
	if (find(line, "prefix", &v))
		put(e, "BGPD_LITE_PREFIX", v);
}

size_t journal_encode(const char *process, int priority, enum log_id id, const char *line,
	char out[JOURNAL_ENTRY_MAX])
{
	struct entry e = {.bytes = out};
	char message[JOURNAL_ENTRY_MAX];

	snprintf(message, sizeof(message), "%s: %s", process, line);
	put_text(&e, "MESSAGE", message);
	snprintf(message, sizeof(message), "%d", priority);
	put_text(&e, "PRIORITY", message);
	if (id != LOG_ID_NONE)
		put_text(&e, "MESSAGE_ID", log_id_text(id));
	put_text(&e, "SYSLOG_IDENTIFIER", "bgpd-lite");
	put_text(&e, "BGPD_LITE_PROCESS", process);
	put_keys(&e, line);
	return e.len;
}
