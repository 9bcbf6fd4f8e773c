#include "bgpd-lite/ctl/batch.h"

void batch_init(struct batch *b, const char *const *names)
{
	*b = (struct batch){.names = names};
}

static int add_piece(const char *bytes, size_t len, void *arg)
{
	struct text *t = arg;
	text_add(t, bytes, len);
	return t->err ? -1 : 0;
}

void batch_dump(struct text *t, const json_t *value)
{
	if (json_dump_callback(value, add_piece, t, BATCH_DUMP_FLAGS) != 0)
		t->err = true;
}

static void begin(struct batch *b)
{
	if (b->body.len == 0) {
		b->open = 0;
		text_addf(&b->body, "{\"parameters\":{\"%s\":[", b->names[0]);
	}
}

static void next_array(struct batch *b)
{
	b->open++;
	text_addf(&b->body, "],\"%s\":[", b->names[b->open]);
}

struct text *batch_item(struct batch *b, size_t array)
{
	begin(b);
	while (b->open < array)
		next_array(b);
	if (b->body.len && b->body.s[b->body.len - 1] != '[')
		text_adds(&b->body, ",");
	b->items++;
	return &b->body;
}

void batch_add(struct batch *b, size_t array, json_t *item)
{
	batch_dump(batch_item(b, array), item);
	json_decref(item);
}

void batch_flush(struct batch *b, bool continues, struct text *out)
{
	begin(b);
	while (b->names[b->open + 1])
		next_array(b);
	text_adds(&b->body, continues ? "]},\"continues\":true}" : "]}}");
	if (b->body.err)
		out->err = true;
	else
		text_add(out, b->body.s, b->body.len + 1);
	b->body.len = 0;
	b->items = 0;
}

void batch_free(struct batch *b)
{
	text_free(&b->body);
}
