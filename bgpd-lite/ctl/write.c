#include "bgpd-lite/ctl/write.h"

#include <jansson.h>
#include <string.h>

#include "bgpd-lite/ctl/batch.h"
#include "bgpd-lite/ctl/put.h"

enum {
	DIGITS_MAX = 20, /* of 64 bits */
};

void write_key(struct text *t, const char *key)
{
	text_adds(t, t->len && t->s[t->len - 1] == '{' ? "\"" : ",\"");
	text_adds(t, key);
	text_add(t, "\":", 2);
}

/* Stands for itself between quotes. */
static bool is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e || s[i] == '"' || s[i] == '\\')
			return false;
	return true;
}

static void write_escaped(struct text *t, const char *value)
{
	json_t *o = json_object();

	put_text(o, "value", value);
	batch_dump(t, json_object_get(o, "value"));
	json_decref(o);
}

void write_text(struct text *t, const char *key, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	if (!value) {
		write_null(t, key);
		return;
	}
	write_key(t, key);
	if (!is_plain(value, len)) {
		write_escaped(t, value);
		return;
	}
	text_add(t, "\"", 1);
	text_add(t, value, len);
	text_add(t, "\"", 1);
}

static void add_number(struct text *t, uint64_t n)
{
	char digits[DIGITS_MAX];
	size_t at = DIGITS_MAX;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	text_add(t, digits + at, DIGITS_MAX - at);
}

void write_number(struct text *t, const char *key, uint64_t n)
{
	write_key(t, key);
	add_number(t, n);
}

void write_null(struct text *t, const char *key)
{
	write_key(t, key);
	text_add(t, "null", 4);
}

void write_bool(struct text *t, const char *key, bool b)
{
	write_key(t, key);
	text_adds(t, b ? "true" : "false");
}

void write_addr(struct text *t, const char *key, struct addr a)
{
	char text[ADDR_TEXT_MAX];
	write_text(t, key, a.family == ADDR_NONE ? NULL : addr_text(a, text));
}

void write_interface(struct text *t, const char *key, const struct host *h, uint32_t ifindex)
{
	const struct fib_link *l = ifindex ? host_link_by_index(h, ifindex) : NULL;

	if (ifindex == 0 || l) {
		write_text(t, key, l ? l->name : NULL);
		return;
	}
	write_key(t, key);
	text_add(t, "\"#", 2);
	add_number(t, ifindex);
	text_add(t, "\"", 1);
}

void write_origin(struct text *t, const char *key, struct conf_origin origin)
{
	write_text(t, key, origin.file);
	if (!origin.file || origin.line == 0)
		return;
	t->len -= !t->err; /* its closing quote */
	text_add(t, ":", 1);
	add_number(t, origin.line);
	text_add(t, "\"", 1);
}
