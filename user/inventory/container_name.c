// SPDX-License-Identifier: GPL-2.0-only
/* How a container is called: what its runtime, and the kubelet, leave in files on the host. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "user/config/config.h"
#include "user/inventory/container.h"

#define FILE_BYTES (1u << 20)
#define NAMESPACES_MOST 32 /* of containerd */
#define ENTRIES_MOST 16384 /* of a directory that are looked at */

struct search {
	const struct config_source *host;
	const struct container_place *place;
	struct event_container *found;
};

static json_t *read_json(const struct search *search, const char *path)
{
	json_t *json;
	size_t length;
	char *text;

	if (search->host->read(search->host->context, path, FILE_BYTES, &text, &length))
		return NULL;
	json = json_loadb(text, length, 0, NULL);
	free(text);
	return json;
}

static bool take_text(const json_t *object, const char *key, char *field, size_t bytes)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || !*text)
		return false;
	config_set_text(field, bytes, text);
	return true;
}

/* The first of the keys (a list ended by NULL) that is there. */
static void take_first(const json_t *object, const char *const *keys, char *field, size_t bytes)
{
	while (*keys && !take_text(object, *keys, field, bytes))
		keys++;
}

/* Labels of Docker, annotations of an OCI runtime's configuration: who set them uses its own names. */
static void take_labels(const struct search *search, const json_t *labels)
{
	static const char *const names[] = { "io.kubernetes.cri.container-name",
					     "io.kubernetes.container.name", "nerdctl/name",
					     "io.kubernetes.cri-o.ContainerName", NULL };
	static const char *const pods[] = { "io.kubernetes.cri.sandbox-name",
					    "io.kubernetes.pod.name",
					    "io.kubernetes.cri-o.KubeName", NULL };
	static const char *const namespaces[] = { "io.kubernetes.cri.sandbox-namespace",
						  "io.kubernetes.pod.namespace",
						  "io.kubernetes.cri-o.Namespace", NULL };
	struct event_container *found = search->found;

	take_first(labels, names, found->name, sizeof(found->name));
	take_first(labels, pods, found->pod, sizeof(found->pod));
	take_first(labels, namespaces, found->pod_namespace, sizeof(found->pod_namespace));
}

static void take_runtime(const struct search *search, const char *runtime)
{
	if (!search->found->runtime[0])
		strcpy(search->found->runtime, runtime);
}

static bool is_docker_file(const struct search *search, const char *data_root)
{
	char path[EVENT_PATH_BYTES * 2];
	const char *name;
	json_t *json;

	if (snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", data_root,
		     search->place->id) >= (int)sizeof(path))
		return false;
	json = read_json(search, path);
	if (!json)
		return false;
	name = json_string_value(json_object_get(json, "Name"));
	if (name)
		config_set_text(search->found->name, sizeof(search->found->name),
				name + (*name == '/'));
	take_labels(search, json_object_get(json_object_get(json, "Config"), "Labels"));
	take_runtime(search, "docker");
	json_decref(json);
	return true;
}

static bool look_docker(const struct search *search)
{
	char data_root[EVENT_PATH_BYTES] = "";
	json_t *json = read_json(search, "/etc/docker/daemon.json");

	if (!take_text(json, "data-root", data_root, sizeof(data_root)))
		take_text(json, "graph", data_root, sizeof(data_root));
	json_decref(json);
	return (data_root[0] == '/' && is_docker_file(search, data_root)) ||
	       is_docker_file(search, "/var/lib/docker") ||
	       is_docker_file(search, "/var/snap/docker/common/var-lib-docker");
}

/* An OCI runtime's configuration (config.json), which has annotations. */
static bool is_oci_file(const struct search *search, const char *path, const char *runtime)
{
	json_t *json = read_json(search, path);

	if (!json)
		return false;
	take_labels(search, json_object_get(json, "annotations"));
	take_runtime(search, runtime);
	json_decref(json);
	return true;
}

struct tasks {
	const struct search *search;
	const char *directory;
	int left;
};

static int look_namespace(void *context, const char *name)
{
	struct tasks *tasks = context;
	char path[EVENT_PATH_BYTES * 2];

	if (tasks->left-- <= 0)
		return -ENOSPC;
	if (snprintf(path, sizeof(path), "%s/%s/%s/config.json", tasks->directory, name,
		     tasks->search->place->id) >= (int)sizeof(path))
		return 0;
	return is_oci_file(tasks->search, path, "containerd");
}

static bool look_containerd(const struct search *search)
{
	static const char *const directories[] = {
		"/run/containerd/io.containerd.runtime.v2.task",
		"/run/k3s/containerd/io.containerd.runtime.v2.task",
		"/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task",
		"/run/containerd/io.containerd.runtime.v1.linux",
	};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		struct tasks tasks = { search, directories[i], NAMESPACES_MOST };

		if (search->host->list(search->host->context, directories[i], look_namespace,
				       &tasks) > 0)
			return true;
	}
	return false;
}

/* Podman's and CRI-O's list of containers: [{"id": ID, "names": [NAME]}]. */
static bool look_storage_list(const struct search *search, const char *path)
{
	json_t *json = read_json(search, path), *container;
	bool found = false;
	size_t i;

	json_array_foreach(json, i, container) {
		const char *id = json_string_value(json_object_get(container, "id"));
		const char *name =
			json_string_value(json_array_get(json_object_get(container, "names"), 0));

		if (!id || strcmp(id, search->place->id) || !name)
			continue;
		config_set_text(search->found->name, sizeof(search->found->name), name);
		take_runtime(search, search->place->pod_uid[0] ? "cri-o" : "podman");
		found = true;
	}
	json_decref(json);
	return found;
}

static bool look_storage(const struct search *search)
{
	static const char *const directories[] = {
		"/run/containers/storage/overlay-containers",
		"/var/lib/containers/storage/overlay-containers",
	};
	/* --rm puts a container into the second */
	static const char *const lists[] = { "containers.json", "volatile-containers.json" };
	char path[EVENT_PATH_BYTES];
	bool found = false;

	for (size_t i = 0; i < 4 && !found; i++) {
		snprintf(path, sizeof(path), "%s/%s", directories[i / 2], lists[i % 2]);
		found = look_storage_list(search, path);
	}
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s/userdata/config.json", directories[i],
			 search->place->id);
		if (is_oci_file(search, path, search->place->pod_uid[0] ? "cri-o" : "podman"))
			return true;
	}
	return found;
}

static void take_part(char *field, size_t bytes, const char *text, size_t length)
{
	char copy[NAME_MAX + 1];

	if (length >= sizeof(copy))
		return;
	memcpy(copy, text, length);
	copy[length] = '\0';
	config_set_text(field, bytes, copy);
}

struct logs {
	const struct search *search;
	int left;
};

/* "POD_NAMESPACE_CONTAINER-ID.log" of /var/log/containers. Kubernetes' names have no underscore. */
static int look_log(void *context, const char *name)
{
	struct logs *logs = context;
	const struct search *search = logs->search;
	struct event_container *found = search->found;
	const char *first = strchr(name, '_'), *second = first ? strchr(first + 1, '_') : NULL;
	const char *id = second ? strstr(second + 1, search->place->id) : NULL;

	if (logs->left-- <= 0)
		return -ENOSPC;
	if (!id || id[-1] != '-' || strcmp(id + strlen(search->place->id), ".log"))
		return 0;
	take_part(found->pod, sizeof(found->pod), name, (size_t)(first - name));
	take_part(found->pod_namespace, sizeof(found->pod_namespace), first + 1,
		  (size_t)(second - first - 1));
	take_part(found->name, sizeof(found->name), second + 1, (size_t)(id - second - 2));
	return 1;
}

/* "NAMESPACE_POD_UID" of /var/log/pods. */
static int look_pod(void *context, const char *name)
{
	struct logs *logs = context;
	struct event_container *found = logs->search->found;
	const char *first = strchr(name, '_'), *second = first ? strchr(first + 1, '_') : NULL;

	if (logs->left-- <= 0)
		return -ENOSPC;
	if (!second || strcmp(second + 1, logs->search->place->pod_uid))
		return 0;
	take_part(found->pod_namespace, sizeof(found->pod_namespace), name, (size_t)(first - name));
	take_part(found->pod, sizeof(found->pod), first + 1, (size_t)(second - first - 1));
	return 1;
}

static void look_kubelet(const struct search *search)
{
	struct logs logs = { search, ENTRIES_MOST };

	if (!search->place->pod_uid[0] || search->found->pod[0])
		return;
	if (search->place->id[0] &&
	    search->host->list(search->host->context, "/var/log/containers", look_log, &logs) > 0)
		return;
	search->host->list(search->host->context, "/var/log/pods", look_pod, &logs);
}

void container_name(const struct config_source *host, const struct container_place *place,
		    struct event_container *found)
{
	static const struct {
		const char *runtime;
		bool (*look)(const struct search *search);
	} runtimes[] = {
		{ "docker", look_docker },
		{ "containerd", look_containerd },
		{ "cri-o", look_storage },
		{ "podman", look_storage },
	};
	const struct search search = { host, place, found };
	bool is_found = !place->id[0];

	config_set_text(found->runtime, sizeof(found->runtime), place->runtime);
	config_set_text(found->id, sizeof(found->id), place->id);
	config_set_text(found->name, sizeof(found->name), place->name);
	found->pod[0] = '\0';
	found->pod_namespace[0] = '\0';
	if (!host)
		return;
	/* Docker's containers are containerd's, too, whose files say less of them: it comes first. */
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]) && !is_found; i++)
		if (!place->runtime[0] || !strcmp(place->runtime, runtimes[i].runtime))
			is_found = runtimes[i].look(&search);
	look_kubelet(&search);
}
