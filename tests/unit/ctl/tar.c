/* Archives: fields of the header, padding, names that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bgpd-lite/ctl/tar.h"

static void test_header(void **state)
{
	char b[TAR_BLOCK];
	unsigned sum = 8 * ' ';

	assert_true(tar_header(b, "a/b.json", 1000, 1000000000));
	assert_string_equal(b, "a/b.json");
	assert_string_equal(b + 100, "0000600");
	assert_string_equal(b + 124, "00000001750");
	assert_string_equal(b + 136, "07346545000");
	assert_memory_equal(b + 257, "ustar\00000", 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i < 148 || i >= 156 ? (unsigned char)b[i] : 0;
	assert_int_equal(strtoul(b + 148, NULL, 8), sum);
	assert_int_equal(b[154], 0);
	assert_int_equal(b[155], ' ');
}

static void test_names(void **state)
{
	char b[TAR_BLOCK], name[TAR_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	name[TAR_NAME_MAX + 1] = 0;
	assert_false(tar_header(b, name, 0, 0));
	assert_false(tar_header(b, "", 0, 0));
	name[TAR_NAME_MAX] = 0;
	assert_true(tar_header(b, name, 0, 0));
}

/* Members begin at blocks, whatever their length. */
static void test_padding(void **state)
{
	static const char bytes[2 * TAR_BLOCK] = "x";
	static const size_t lengths[] = {0, 1, TAR_BLOCK - 1, TAR_BLOCK, TAR_BLOCK + 1};
	static const size_t blocks[] = {1, 2, 2, 2, 3};

	for (size_t i = 0; i < 5; i++) {
		char *out;
		size_t len;
		FILE *f = open_memstream(&out, &len);
		assert_true(tar_add(f, "n", bytes, lengths[i], 0));
		assert_true(tar_end(f));
		fclose(f);
		assert_int_equal(len, (blocks[i] + 2) * TAR_BLOCK);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_padding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
