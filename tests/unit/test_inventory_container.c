// SPDX-License-Identifier: GPL-2.0-only
/* The container of a process: its id from control groups or mounts, its names from files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/inventory/container.h"

#define TGID 100u
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OUTER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define UID_DASHES "0a1b2c3d-1111-2222-3333-444455556666"
#define UID_LINES "0a1b2c3d_1111_2222_3333_444455556666"

static int set_up(void **state)
{
	static struct proc_tree tree;

	proc_tree_make(&tree);
	proc_tree_add(&tree, TGID, 1, 1, "x", NULL);
	*state = &tree;
	return 0;
}

static int tear_down(void **state)
{
	proc_tree_remove(*state);
	return 0;
}

static void expect_group(const char *text, const char *runtime, const char *id, const char *uid)
{
	struct container_place place;

	assert_int_equal(container_parse_cgroup(text, &place), *id != '\0');
	assert_string_equal(place.runtime, runtime);
	assert_string_equal(place.id, id);
	assert_string_equal(place.pod_uid, uid);
}

static void control_groups_name_the_runtime_and_the_id(void **state)
{
	(void)state;
	expect_group("0::/system.slice/docker-" ID ".scope\n", "docker", ID, "");
	expect_group("12:pids:/docker/" ID "\n0::/\n", "docker", ID, "");
	expect_group("0::/ecs/0011223344556677/" ID, "docker", ID, "");
	expect_group("0::/user.slice/libpod-" ID ".scope/container\n", "podman", ID, "");
	expect_group("0::/machine.slice/libpod-" ID ".scope", "podman", ID, "");
	expect_group("0::/system.slice/web.service/libpod-payload-" ID, "podman", ID, "");
	expect_group("9:cpu:/libpod_parent/libpod-" ID, "podman", ID, "");
	expect_group("0::/default/" ID, "", ID, "");
	expect_group("0::/system.slice/nerdctl-" ID ".scope", "containerd", ID, "");
	expect_group("0::/../docker-" ID ".scope", "docker", ID, "");
}

static void pods_are_told(void **state)
{
	(void)state;
	expect_group("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_LINES
		     ".slice/cri-containerd-" ID ".scope\n",
		     "containerd", ID, UID_DASHES);
	expect_group("0::/kubepods.slice/kubepods-pod" UID_LINES ".slice/crio-" ID
		     ".scope/container",
		     "cri-o", ID, UID_DASHES);
	expect_group("5:cpu:/kubepods/besteffort/pod" UID_DASHES "/" ID, "", ID, UID_DASHES);
	expect_group("0::/system.slice/containerd.service/kubepods-burstable-pod" UID_LINES
		     ".slice:cri-containerd:" ID,
		     "containerd", ID, UID_DASHES);
	expect_group("0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_LINES
		     ".slice/cri-containerd-" ID ".scope",
		     "containerd", ID, UID_DASHES);
}

static void of_nested_containers_the_innermost_counts(void **state)
{
	(void)state;
	expect_group("0::/docker/" OUTER "/docker/" ID "\n", "docker", ID, "");
	expect_group("0::/system.slice/docker-" OUTER ".scope/kubelet/kubepods/pod" UID_DASHES
		     "/cri-containerd-" ID ".scope",
		     "containerd", ID, UID_DASHES);
	expect_group("0::/lxc/101/ns/system.slice/docker-" ID ".scope", "docker", ID, "");
}

static void named_containers_have_their_name_for_id(void **state)
{
	struct container_place place;

	(void)state;
	expect_group("0::/lxc.payload.web-1/system.slice/nginx.service\n", "lxc", "web-1", "");
	expect_group("3:cpu:/lxc/101/ns\n", "lxc", "101", "");
	expect_group("0::/lxc.payload/web/init.scope", "lxc", "web", "");
	expect_group("0::/machine.slice/machine-my\\x2dbox.scope/payload", "systemd-nspawn",
		     "my-box", "");
	expect_group("0::/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn",
		     "web", "");
	assert_true(container_parse_cgroup("0::/lxc.payload.web/x", &place));
	assert_string_equal(place.name, "web");
	assert_true(container_parse_cgroup("0::/lxc.payload.web/docker/" ID, &place));
	assert_string_equal(place.name, "");
}

static void others_are_in_no_container(void **state)
{
	char text[4096];

	(void)state;
	expect_group("", "", "", "");
	expect_group("0::/\n", "", "", "");
	expect_group("0::/system.slice/nginx.service\n1:name=systemd:/\n", "", "", "");
	expect_group("0::/system.slice/docker.service", "", "", "");
	expect_group("0::/system.slice/docker-prune.service", "", "", "");
	expect_group("0::/lxc.monitor.web", "", "", "");
	expect_group("0::/machine.slice/libpod-conmon-" ID ".scope", "", "", "");
	expect_group("0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", "", "", "");
	expect_group("0::/machine.slice/machine-a\\x2fb.scope", "", "", "");
	expect_group("0::/lxc/lxcfs.service", "", "", "");
	expect_group("0::/lxc/../x", "", "", "");
	expect_group(":::::\n::\n:\n0:", "", "", "");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "0::/lxc.payload.", 16);
	expect_group(text, "", "", "");
	memset(text, ':', sizeof(text) - 1);
	expect_group(text, "", "", "");
}

static void mounts_tell_where_a_namespace_hides_the_groups(void **state)
{
	struct container_place place;

	(void)state;
	assert_true(container_parse_mounts("1 2 0:1 / / rw - overlay overlay rw\n"
					   "3 2 8:1 /var/lib/docker/containers/" ID
					   "/hostname /etc/hostname rw - ext4 a rw\n",
					   &place));
	assert_string_equal(place.runtime, "docker");
	assert_string_equal(place.id, ID);
	assert_true(container_parse_mounts("3 2 0:9 /containers/storage/overlay-containers/" ID
					   "/userdata/hosts /etc/hosts rw - tmpfs a rw",
					   &place));
	assert_string_equal(place.runtime, "podman");
	assert_string_equal(place.id, ID);
	assert_true(container_parse_mounts(
		"3 2 8:1 /var/lib/kubelet/pods/" UID_DASHES "/etc-hosts /etc/hosts rw - a a rw\n"
		"4 2 8:1 /var/lib/kubelet/pods/" UID_DASHES
		"/containers/web/1a2b3c4d /dev/termination-log rw - a a rw\n"
		"5 2 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" ID
		"/hostname /etc/hostname rw - a a rw\n",
		&place));
	assert_string_equal(place.runtime, "containerd");
	assert_string_equal(place.id, "");
	assert_string_equal(place.pod_uid, UID_DASHES);
	assert_string_equal(place.name, "web");
	/* the host's own view of a container's mounts */
	assert_false(container_parse_mounts("3 2 0:9 / /var/lib/docker/containers/" ID
					    "/mounts/shm rw - tmpfs shm rw\n",
					    &place));
	assert_false(container_parse_mounts("3 2 8:1 /etc/hosts /etc/hosts", &place));
	assert_false(container_parse_mounts("\n\n1 2 3 4 5 6\n      \n", &place));
}

static void write_host(const struct proc_tree *tree, const char *name, const char *text)
{
	char path[PROC_TREE_PATH_BYTES * 8], *slash;
	int fd;

	snprintf(path, sizeof(path), "host/%s", name);
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(tree->fd, path, 0700) < 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static struct event_container find(const struct proc_tree *tree, const char *group)
{
	struct event_container found;
	char root[PROC_TREE_PATH_BYTES + 16];

	memset(&found, 0x55, sizeof(found));
	snprintf(root, sizeof(root), "%s/host", tree->path);
	proc_tree_write_text(tree, TGID, "cgroup", group);
	assert_int_equal(container_find(tree->fd, TGID, root, &found), 0);
	assert_int_equal(found.header.time_ns, 0x5555555555555555ull);
	return found;
}

static void expect_names(const struct event_container *found, const char *runtime, const char *name,
			 const char *pod, const char *pod_namespace)
{
	assert_string_equal(found->runtime, runtime);
	assert_string_equal(found->id, ID);
	assert_string_equal(found->name, name);
	assert_string_equal(found->pod, pod);
	assert_string_equal(found->pod_namespace, pod_namespace);
}

static void docker_names_its_containers(void **state)
{
	static const char group[] = "0::/system.slice/docker-" ID ".scope\n";
	struct event_container found = find(*state, group);

	expect_names(&found, "docker", "", "", "");
	write_host(*state, "var/lib/docker/containers/" ID "/config.v2.json",
		   "{\"Name\":\"/edge\",\"Config\":{\"Labels\":{}}}");
	found = find(*state, group);
	expect_names(&found, "docker", "edge", "", "");
	write_host(*state, "etc/docker/daemon.json", "{\"data-root\":\"/srv/docker\"}");
	write_host(
		*state, "srv/docker/containers/" ID "/config.v2.json",
		"{\"Name\":\"/k8s_nginx\",\"Config\":{\"Labels\":{"
		"\"io.kubernetes.container.name\":\"nginx\",\"io.kubernetes.pod.name\":\"edge-0\","
		"\"io.kubernetes.pod.namespace\":\"prod\"}}}");
	found = find(*state, "0::/kubepods/pod" UID_DASHES "/" ID);
	expect_names(&found, "docker", "nginx", "edge-0", "prod");
}

static void containerd_names_its_containers(void **state)
{
	struct event_container found;

	write_host(*state, "run/containerd/io.containerd.runtime.v2.task/moby/x", "");
	write_host(*state, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
		   "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"proxy\","
		   "\"io.kubernetes.cri.sandbox-name\":\"edge-1\","
		   "\"io.kubernetes.cri.sandbox-namespace\":\"prod\"}}");
	found = find(*state, "0::/kubepods.slice/cri-containerd-" ID ".scope\n");
	expect_names(&found, "containerd", "proxy", "edge-1", "prod");
	found = find(*state, "0::/default/" ID "\n");
	expect_names(&found, "containerd", "proxy", "edge-1", "prod");
}

static void podman_and_crio_name_theirs(void **state)
{
	struct event_container found;

	write_host(*state, "var/lib/containers/storage/overlay-containers/containers.json",
		   "[{\"id\":\"x\",\"names\":[\"y\"]},{\"id\":\"" ID "\",\"names\":[\"web\"]}]");
	found = find(*state, "0::/machine.slice/libpod-" ID ".scope/container\n");
	expect_names(&found, "podman", "web", "", "");
	write_host(*state, "run/containers/storage/overlay-containers/" ID "/userdata/config.json",
		   "{\"annotations\":{\"io.kubernetes.container.name\":\"proxy\","
		   "\"io.kubernetes.pod.name\":\"edge-2\","
		   "\"io.kubernetes.cri-o.Namespace\":\"prod\"}}");
	found = find(*state,
		     "0::/kubepods.slice/kubepods-pod" UID_LINES ".slice/crio-" ID ".scope");
	expect_names(&found, "cri-o", "proxy", "edge-2", "prod");
	found = find(*state, "0::/kubepods/pod" UID_DASHES "/" ID);
	expect_names(&found, "cri-o", "proxy", "edge-2", "prod");
}

static void the_kubelets_logs_name_what_the_runtime_does_not(void **state)
{
	struct event_container found;

	write_host(*state, "var/log/containers/other_prod_proxy-" OUTER ".log", "");
	write_host(*state, "var/log/containers/edge-3_prod_my-proxy-" ID ".log", "");
	found = find(*state, "0::/kubepods/pod" UID_DASHES "/" ID);
	expect_names(&found, "", "my-proxy", "edge-3", "prod");
}

static void a_hidden_pod_is_found_by_its_mounts(void **state)
{
	struct event_container found;

	proc_tree_write_text(*state, TGID, "mountinfo",
			     "3 2 8:1 /var/lib/kubelet/pods/" UID_DASHES
			     "/etc-hosts /etc/hosts rw - a a rw\n");
	write_host(*state, "var/log/pods/prod_edge-4_" UID_DASHES "/web/0.log", "");
	found = find(*state, "0::/\n");
	assert_string_equal(found.id, "");
	assert_string_equal(found.pod, "edge-4");
	assert_string_equal(found.pod_namespace, "prod");
}

static void hostile_files_name_nothing(void **state)
{
	static const char file[] = "var/lib/docker/containers/" ID "/config.v2.json";
	static const char *const texts[] = {
		"",
		"[]",
		"{\"Name\":1}",
		"{\"Name\":\"/\"}",
		"{\"Name\":\"a",
		"\"x\"",
		"{\"Config\":{\"Labels\":[\"io.kubernetes.pod.name\"]}}",
	};
	struct event_container found;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		write_host(*state, file, texts[i]);
		found = find(*state, "0::/docker/" ID);
		expect_names(&found, "docker", "", "", "");
	}
}

static void a_process_without_a_container_gives_noent(void **state)
{
	const struct proc_tree *tree = *state;
	struct event_container found = { 0 };

	proc_tree_write_text(tree, TGID, "cgroup", "0::/system.slice/nginx.service\n");
	assert_int_equal(container_find(tree->fd, TGID, NULL, &found), -ENOENT);
	proc_tree_write_text(tree, TGID, "mountinfo", "");
	assert_int_equal(container_find(tree->fd, TGID, NULL, &found), -ENOENT);
	proc_tree_write_text(tree, TGID, "cgroup", "0::/docker/" ID);
	assert_int_equal(container_find(tree->fd, TGID, NULL, &found), 0);
	assert_string_equal(found.id, ID);
	assert_int_equal(container_find(tree->fd, TGID, "/nonexistent", &found), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_groups_name_the_runtime_and_the_id),
		cmocka_unit_test(pods_are_told),
		cmocka_unit_test(of_nested_containers_the_innermost_counts),
		cmocka_unit_test(named_containers_have_their_name_for_id),
		cmocka_unit_test(others_are_in_no_container),
		cmocka_unit_test(mounts_tell_where_a_namespace_hides_the_groups),
		TEST(docker_names_its_containers),
		TEST(containerd_names_its_containers),
		TEST(podman_and_crio_name_theirs),
		TEST(the_kubelets_logs_name_what_the_runtime_does_not),
		TEST(a_hidden_pod_is_found_by_its_mounts),
		TEST(hostile_files_name_nothing),
		TEST(a_process_without_a_container_gives_noent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
