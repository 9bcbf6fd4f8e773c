/* Limits of control groups, read from folders that look like theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "bgpd-lite/cgroup.h"

static char root[] = "/tmp/bgpd-lite-cgroup-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[256];
	snprintf(path, sizeof(path), "%s%s", root, name);
	return path;
}

static void file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void group(const char *name, const char *max, const char *current, const char *stat)
{
	char path[128];
	mkdir(path_of(name), 0700);
	snprintf(path, sizeof(path), "%s/memory.max", name);
	file(path, max);
	snprintf(path, sizeof(path), "%s/memory.current", name);
	file(path, current);
	snprintf(path, sizeof(path), "%s/memory.stat", name);
	file(path, stat);
}

static bool read_it(struct cgroup_memory *out)
{
	char own[256];
	snprintf(own, sizeof(own), "%s", path_of("/own"));
	return cgroup_memory(root, own, out);
}

static void test_limits(void **state)
{
	static const char stat[] =
		"anon 600\nfile 300\nkernel 100\ninactive_anon 5\nactive_anon 5\n"
		"inactive_file 100\nactive_file 50\nunevictable 150\n"
		"slab_reclaimable 7\nslab_unreclaimable 90\n";
	struct cgroup_memory m;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_false(read_it(&m));
	file("/own", "9:name=systemd:/x\n4:memory:/y\n");
	assert_false(read_it(&m));
	file("/own", "9:name=systemd:/x\n0::/a.slice/b.service\n");
	assert_false(read_it(&m));
	group("/a.slice", "max\n", "1000\n", stat);
	group("/a.slice/b.service", "max\n", "1000\n", stat);
	assert_false(read_it(&m));
	group("/a.slice/b.service", "1200\n", "1000\n", stat);
	assert_true(read_it(&m));
	assert_int_equal(m.max, 1200);
	assert_int_equal(m.used, 1000 - 157);
	group("/a.slice", "3000\n", "2900\n", ""); /* the slice has less left */
	assert_true(read_it(&m));
	assert_int_equal(m.max, 3000);
	assert_int_equal(m.used, 2900);
	group("/a.slice", "3000\n", "2000\n", "");
	assert_true(read_it(&m));
	assert_int_equal(m.max, 1200);
	file("/own", "0::/\n"); /* a container's own root */
	assert_false(read_it(&m));
	file("/memory.max", "500\n");
	file("/memory.current", "200\n"); /* less than half: not worth looking further */
	assert_true(read_it(&m));
	assert_int_equal(m.max, 500);
	assert_int_equal(m.used, 200);
}

static int clean_up(void **state)
{
	char command[300];
	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
