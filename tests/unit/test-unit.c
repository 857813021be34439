/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "../../probes/unit-bus.h"
#include "../../probes/unit-file.h"

extern const struct probe probe_unit;

static void assignments_are_found_by_section(void **state)
{
	static const char text[] = "outside=1\n# comment = 1\n; another\n[Service]\nA=1\n  B = two words \\\n# between\n more\n"
				   "C=\nbroken line\n=x\n[Install]\r\nD=4\r\n[Slice]\nE=a\\";
	static const struct {
		const char *section, *key, *value;
		unsigned int line;
	} expected[] = {
		{ "", "outside", "1", 1 },	    { "Service", "A", "1", 5 },
		{ "Service", "B", "two words   more", 6 }, { "Service", "C", "", 9 },
		{ "Install", "D", "4", 13 },	    { "Slice", "E", "a", 15 },
	};
	CLEANUP(unit_file_release) struct unit_file file = UNIT_FILE_INIT(text);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(unit_file_next(&file));
		assert_string_equal(file.section.buf, expected[i].section);
		assert_string_equal(file.key.buf, expected[i].key);
		assert_string_equal(file.value.buf, expected[i].value);
		assert_int_equal(file.line, expected[i].line);
	}
	assert_false(unit_file_next(&file));
}

static void values_take_the_form_of_the_properties(void **state)
{
	static const struct {
		enum unit_value kind;
		const char *text, *value;
	} cases[] = {
		{ UNIT_VALUE_COUNT, "65536", "65536" },
		{ UNIT_VALUE_COUNT, "infinity", "infinity" },
		{ UNIT_VALUE_COUNT, "64K", NULL },
		{ UNIT_VALUE_SIZE, "64K", "65536" },
		{ UNIT_VALUE_SIZE, "1.5G", "1610612736" },
		{ UNIT_VALUE_SIZE, "1G 512M", "1610612736" },
		{ UNIT_VALUE_SIZE, "99999E", NULL },
		{ UNIT_VALUE_SIZE, "5X", NULL },
		{ UNIT_VALUE_SIZE, "", NULL },
		{ UNIT_VALUE_SIZE, "1G ", "1073741824" },
		{ UNIT_VALUE_SIZE_SHARE, "50%", "50%" },
		{ UNIT_VALUE_SHARE, "4915", "4915" },
		{ UNIT_VALUE_COUNT, "+7", "7" },
		{ UNIT_VALUE_COUNT, "0x1F", "31" },
		{ UNIT_VALUE_COUNT, "0b11", "3" },
		{ UNIT_VALUE_COUNT, "0o17", "15" },
		{ UNIT_VALUE_COUNT, "010", "8" },
		{ UNIT_VALUE_COUNT, "08", NULL },
		{ UNIT_VALUE_COUNT, "0", "0" },
		{ UNIT_VALUE_COUNT, "-0", "0" },
		{ UNIT_VALUE_COUNT, "-1", NULL },
		{ UNIT_VALUE_COUNT, "0x", NULL },
		{ UNIT_VALUE_COUNT, "18446744073709551615", NULL },
		{ UNIT_VALUE_COUNT, "18446744073709551616", NULL },
		{ UNIT_VALUE_SIZE, "007", "7" },
		{ UNIT_VALUE_SIZE, "0x10", NULL },
		{ UNIT_VALUE_SIZE, "512M 1G", NULL },
		{ UNIT_VALUE_SIZE, "1G512M", "1610612736" },
		{ UNIT_VALUE_SIZE, "1 2", NULL },
		{ UNIT_VALUE_SIZE, "3K 1B 2", "3075" },
		{ UNIT_VALUE_SIZE, ".5G", NULL },
		{ UNIT_VALUE_SIZE, "1.G", "1073741824" },
		{ UNIT_VALUE_SIZE, "15.9E", NULL },
		{ UNIT_VALUE_SIZE, "1k", NULL },
		{ UNIT_VALUE_SIZE_SHARE, "101%", NULL },
		{ UNIT_VALUE_SIZE_SHARE, "12.5%", "12.5%" },
		{ UNIT_VALUE_SIZE_SHARE, "12.345%", NULL },
		{ UNIT_VALUE_WEIGHT, "idle", NULL },
		{ UNIT_VALUE_CPU_WEIGHT, "idle", "0" },
		{ UNIT_VALUE_CPU_WEIGHT, "0x10", "16" },
		{ UNIT_VALUE_QUOTA, "12.345%", NULL },
		{ UNIT_VALUE_QUOTA, "+5%", "50000" },
		{ UNIT_VALUE_ADJUST, "-0x10", "-16" },
		{ UNIT_VALUE_BOOL, "On", "yes" },
		{ UNIT_VALUE_BOOL, "maybe", NULL },
		{ UNIT_VALUE_WEIGHT, "10001", NULL },
		{ UNIT_VALUE_QUOTA, "20%", "200000" },
		{ UNIT_VALUE_QUOTA, "250%", "2500000" },
		{ UNIT_VALUE_QUOTA, "0%", NULL },
		{ UNIT_VALUE_QUOTA, "20", NULL },
		{ UNIT_VALUE_ADJUST, "-1000", "-1000" },
		{ UNIT_VALUE_ADJUST, "1001", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		assert_int_equal(unit_value_parse(cases[i].kind, cases[i].text, &out), cases[i].value ? 0 : -EINVAL);
		if (cases[i].value)
			assert_string_equal(out.buf, cases[i].value);
	}
}

static void the_last_assignment_of_the_files_counts(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system/db.service",
		   "[Unit]\nDescription=x\n[Service]\nLimitNOFILE=1024:4096\nMemoryMax=1G\nOOMScoreAdjust=-500\n");
	tree_write(tree, "/usr/lib/systemd/system/db.service.d/10-vendor.conf", "[Service]\nLimitNOFILE=8192\n");
	tree_write(tree, "/etc/systemd/system/db.service.d/90-local.conf",
		   "[Service]\nLimitNOFILE=65536\nMemoryMax=\nCPUQuota=50%\n");
	tree_write(tree, "/etc/systemd/system/db.service.d/95-bad.conf", "[Service]\nLimitNOFILE=lots\n[Slice]\nCPUWeight=5\n");
	tree_write(tree, "/etc/systemd/system/service.d/00-all.conf", "[Service]\nTasksMax=500\n");
	tree_read(tree, &probe_unit);

	assert_setting(tree, UNIT, "db.service", "LimitNOFILE", "65536");
	assert_setting(tree, UNIT, "db.service", "LimitNOFILESoft", "65536");
	assert_setting(tree, UNIT, "db.service", "MemoryMax", ABSENCE(ABSENT));
	assert_setting(tree, UNIT, "db.service", "OOMScoreAdjust", "-500");
	assert_setting(tree, UNIT, "db.service", "CPUQuotaPerSecUSec", "500000");
	assert_setting(tree, UNIT, "db.service", "CPUWeight", ABSENCE(ABSENT));
	assert_setting(tree, UNIT, "db.service", "TasksMax", "500");
	assert_setting(tree, UNIT, "db.service", "FragmentPath", "/usr/lib/systemd/system/db.service");
	assert_setting(tree, UNIT, "db.service", "DropInPaths",
		       "/etc/systemd/system/service.d/00-all.conf "
		       "/usr/lib/systemd/system/db.service.d/10-vendor.conf "
		       "/etc/systemd/system/db.service.d/90-local.conf "
		       "/etc/systemd/system/db.service.d/95-bad.conf");
	assert_origin(tree, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_UNIT, "db.service"), "LimitNOFILE",
		      "/etc/systemd/system/db.service.d/90-local.conf:2");
	assert_true(tree_noted(tree, "LimitNOFILE= has a value that systemd ignores"));
}

static void a_file_in_etc_hides_those_of_the_same_name_below(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system/a.service", "[Service]\nTasksMax=1\n");
	tree_write(tree, "/etc/systemd/system/a.service", "[Service]\nTasksMax=2\n");
	tree_write(tree, "/usr/lib/systemd/system/a.service.d/50.conf", "[Service]\nTasksMax=3\n");
	tree_link(tree, "/etc/systemd/system/a.service.d/50.conf", "/dev/null");
	tree_write(tree, "/usr/lib/systemd/system/masked.service", "[Service]\nTasksMax=4\n");
	tree_link(tree, "/etc/systemd/system/masked.service", "/dev/null");
	tree_read(tree, &probe_unit);
	assert_setting(tree, UNIT, "a.service", "TasksMax", "2");
	assert_setting(tree, UNIT, "masked.service", "TasksMax", NULL);
}

static void aliases_prefixes_and_templates_bring_their_drop_ins(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system/mariadb.service", "[Service]\nType=simple\n");
	tree_link(tree, "/etc/systemd/system/mysql.service", "/usr/lib/systemd/system/mariadb.service");
	tree_write(tree, "/etc/systemd/system/mysql.service.d/a.conf", "[Service]\nLimitNOFILE=16384\n");
	tree_write(tree, "/usr/lib/systemd/system/app-x-y.service", "[Service]\nTasksMax=1\n");
	tree_write(tree, "/etc/systemd/system/app-.service.d/a.conf", "[Service]\nTasksMax=2\n");
	tree_write(tree, "/usr/lib/systemd/system/pg@.service", "[Service]\nTasksMax=10\n");
	tree_write(tree, "/etc/systemd/system/pg@.service.d/a.conf", "[Service]\nMemoryHigh=1G\n");
	tree_write(tree, "/etc/systemd/system/pg@15.service.d/b.conf", "[Service]\nTasksMax=20\n");
	tree_read(tree, &probe_unit);
	assert_setting(tree, UNIT, "mariadb.service", "LimitNOFILE", "16384");
	assert_setting(tree, UNIT, "mysql.service", "LimitNOFILE", NULL);
	assert_setting(tree, UNIT, "app-x-y.service", "TasksMax", "2");
	assert_setting(tree, UNIT, "app-.service", "TasksMax", NULL);
	assert_setting(tree, UNIT, "pg@15.service", "TasksMax", "20");
	assert_setting(tree, UNIT, "pg@15.service", "MemoryHigh", "1073741824");
	assert_setting(tree, UNIT, "pg@.service", "TasksMax", NULL);
}

static void a_unit_with_a_control_group_is_described_though_nothing_is_assigned(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/systemd/system/quiet.service", "[Service]\nExecStart=/bin/true\n");
	tree_write(tree, "/usr/lib/systemd/system/other.service", "[Service]\nExecStart=/bin/true\n");
	tree->snapshot = snapshot_new();
	(void)snapshot_subject(tree->snapshot, SUBJECT_KIND_CGROUP, "/system.slice/quiet.service", "");
	tree_read(tree, &probe_unit);
	assert_setting(tree, UNIT, "quiet.service", "LimitNOFILE", ABSENCE(ABSENT));
	assert_setting(tree, UNIT, "other.service", "LimitNOFILE", NULL);
}

static void links_and_hostile_names_do_no_harm(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/systemd/system/$(id)\n\033[2J.service", "[Service]\nTasksMax=7\n");
	tree_link(tree, "/etc/systemd/system/loop.service", "loop.service");
	tree_link(tree, "/etc/systemd/system/up.service", "../../../../../../../../etc/hostname");
	tree_write_bytes(tree, "/etc/systemd/system/zero.service", "[Service]\nTasksMax=\0" "9\n", 22);
	tree_write(tree, "/etc/systemd/system/.service", "[Service]\nTasksMax=7\n");
	tree_directory(tree, "/etc/systemd/system/directory.service");
	tree_read(tree, &probe_unit);
	assert_setting(tree, UNIT, "$(id)\n\033[2J.service", "TasksMax", "7");
	assert_setting(tree, UNIT, "up.service", "TasksMax", NULL);
	assert_setting(tree, UNIT, "zero.service", "TasksMax", ABSENCE(ABSENT));
}

static void a_sosreport_has_what_was_in_force(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/systemd/system/db.service.d/90.conf", "[Service]\nLimitNOFILE=65536\n");
	tree_write(tree, "/sos_commands/systemd/systemctl_show_service_--all",
		   "Type=simple\nControlGroup=/system.slice/db.service\nId=db.service\nLimitNOFILE=65536\nLimitNOFILESoft=65536\n"
		   "CPUWeight=[not set]\nCPUQuotaPerSecUSec=1.500000s\nMemoryMax=infinity\nOOMScoreAdjust=-900\n"
		   "DropInPaths=/etc/systemd/system/db.service.d/90.conf /etc/systemd/system/db.service.d/91.conf\nbroken\n"
		   "\nId=cron.service\nControlGroup=/system.slice/cron.service\nCPUQuotaPerSecUSec=50ms 500us\n"
		   "\nControlGroup=\nId=finished.service\nLimitNOFILE=1\n\nId=\nControlGroup=/x");
	tree_read(tree, &probe_unit);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_UNIT), 2);
	assert_setting(tree, UNIT, "cron.service", "CPUQuotaPerSecUSec", "50500");
	assert_setting(tree, UNIT, "db.service", "LimitNOFILESoft", "65536");
	assert_setting(tree, UNIT, "db.service", "CPUQuotaPerSecUSec", "1500000");
	assert_setting(tree, UNIT, "db.service", "CPUWeight", ABSENCE(ABSENT));
	assert_setting(tree, UNIT, "db.service", "MemoryMax", "infinity");
	assert_setting(tree, UNIT, "db.service", "OOMScoreAdjust", "-900");
	assert_origin(tree, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_UNIT, "db.service"), "LimitNOFILE",
		      "/etc/systemd/system/db.service.d/90.conf:2");
	assert_origin(tree, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_UNIT, "db.service"), "MemoryMax",
		      "/sos_commands/systemd/systemctl_show_service_--all");
}

/* A systemd of our own: one peer on a socket that answers what the probe asks. */
static int fake_unit(sd_bus_message *message)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(message, &reply);

	if (r >= 0)
		r = sd_bus_message_append(reply, "a{sv}", 8, "ControlGroup", "s", "/system.slice/db.service", "LimitNOFILE",
					  "t", (uint64_t)524288, "LimitNOFILESoft", "t", (uint64_t)1024, "MemoryMax", "t",
					  UINT64_MAX, "CPUWeight", "t", UINT64_MAX, "OOMScoreAdjust", "i", (int32_t)-900,
					  "DropInPaths", "as", 1, "/etc/none.conf", "IPIngressFilterPath", "as", 0);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}

static int fake_list(sd_bus_message *message)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(message, &reply);

	if (r >= 0)
		r = sd_bus_message_append(reply, "a(ssssssouso)", 2, "db.service", "", "loaded", "active", "running", "",
					  "/x", (uint32_t)0, "", "/", "slow.service", "", "loaded", "active", "running", "",
					  "/y", (uint32_t)0, "", "/");
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}

static int fake_answer(sd_bus_message *message, void *context, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(message);

	(void)context;
	(void)error;
	if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello"))
		return sd_bus_reply_method_return(message, "s", ":1.1");
	if (sd_bus_message_is_method_call(message, NULL, "ListUnitsByPatterns"))
		return fake_list(message);
	if (sd_bus_message_is_method_call(message, NULL, "GetAll") && path &&
	    strcmp(path, "/org/freedesktop/systemd1/unit/db_2eservice") == 0)
		return fake_unit(message);
	return 1;			/* no answer at all, ever */
}

static void fake_serve(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	sd_id128_t id = { .bytes = { 1 } };
	sd_bus *bus = NULL;

	if (fd < 0 || sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 || sd_bus_set_server(bus, 1, id) < 0 ||
	    sd_bus_set_anonymous(bus, 1) < 0 || sd_bus_set_trusted(bus, 1) < 0 ||
	    sd_bus_add_filter(bus, NULL, fake_answer, NULL) < 0 || sd_bus_start(bus) < 0)
		_exit(1);
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0 || (r == 0 && sd_bus_wait(bus, UINT64_MAX) < 0))
			_exit(0);
	}
}

/* A socket that is the system bus for this process.  serve: somebody answers; else it only accepts. */
static pid_t fake_bus(const struct tree *tree, bool serve, int *ret_listener)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char variable[128];
	pid_t child = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", tree->path);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	snprintf(variable, sizeof(variable), "unix:path=%s/bus", tree->path);
	assert_int_equal(setenv("DBUS_SYSTEM_BUS_ADDRESS", variable, 1), 0);
	if (serve) {
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
			fake_serve(listener);
	}
	*ret_listener = listener;
	return child;
}

static void fake_bus_end(pid_t child, int listener)
{
	(void)close(listener);
	(void)unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	if (child > 0) {
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_a_live_host_systemd_says_what_is_in_force(void **state)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct tree *tree = *state;
	int listener;
	pid_t child;

	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	child = fake_bus(tree, true, &listener);
	assert_int_equal(probe_unit.read(root, NULL, tree->snapshot), 0);
	fake_bus_end(child, listener);

	assert_setting(tree, UNIT, "db.service", "LimitNOFILE", "524288");
	assert_setting(tree, UNIT, "db.service", "LimitNOFILESoft", "1024");
	assert_setting(tree, UNIT, "db.service", "MemoryMax", "infinity");
	assert_setting(tree, UNIT, "db.service", "CPUWeight", ABSENCE(ABSENT));
	assert_setting(tree, UNIT, "db.service", "OOMScoreAdjust", "-900");
	assert_setting(tree, UNIT, "db.service", "TasksMax", ABSENCE(ABSENT));
	assert_setting(tree, UNIT, "db.service", "DropInPaths", "/etc/none.conf");
	assert_origin(tree, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_UNIT, "db.service"), "LimitNOFILE",
		      "systemd");
	assert_true(tree_noted(tree, "systemd did not answer in time for 1 units"));
}

static void a_bus_that_says_nothing_costs_a_bounded_time(void **state)
{
	struct tree *tree = *state;
	CLEANUP(unit_bus_free_ptr) struct unit_bus *bus = NULL;
	double begin = seconds();
	int listener;

	(void)fake_bus(tree, false, &listener);
	assert_int_equal(unit_bus_open(&bus), -ETIMEDOUT);
	assert_true(seconds() - begin < 2);
	fake_bus_end(0, listener);
}

static void without_a_bus_there_is_none(void **state)
{
	CLEANUP(unit_bus_free_ptr) struct unit_bus *bus = NULL;

	(void)state;
	assert_int_equal(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1), 0);
	assert_true(unit_bus_open(&bus) < 0);
	assert_int_equal(unsetenv("DBUS_SYSTEM_BUS_ADDRESS"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assignments_are_found_by_section),
		cmocka_unit_test(values_take_the_form_of_the_properties),
		tree_test(the_last_assignment_of_the_files_counts),
		tree_test(a_file_in_etc_hides_those_of_the_same_name_below),
		tree_test(aliases_prefixes_and_templates_bring_their_drop_ins),
		tree_test(a_unit_with_a_control_group_is_described_though_nothing_is_assigned),
		tree_test(links_and_hostile_names_do_no_harm),
		tree_test(a_sosreport_has_what_was_in_force),
		tree_test(on_a_live_host_systemd_says_what_is_in_force),
		tree_test(a_bus_that_says_nothing_costs_a_bounded_time),
		cmocka_unit_test(without_a_bus_there_is_none),
	};

	return RUN_TESTS(tests);
}
