// Command pod-security evaluates the pods of manifests by the Pod Security Standards, with the library that the API
// server itself runs. It reads YAML files and writes one JSON line for each check that a pod does not pass:
//
//	{"namespace":"…","kind":"…","name":"…","reason":"hostPath volumes","detail":"…"}
//
// The level is the first argument; what is allowed beyond it is for the caller to say.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// object is a Pod or anything that makes some from a template.
type object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              json.RawMessage `json:"spec"`
}

type templated struct {
	Template *struct {
		metav1.ObjectMeta `json:"metadata"`
		Spec              corev1.PodSpec `json:"spec"`
	} `json:"template"`
	JobTemplate *struct {
		Spec json.RawMessage `json:"spec"`
	} `json:"jobTemplate"`
}

type violation struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail"`
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: pod-security baseline|restricted FILE...")
		os.Exit(2)
	}
	level, err := api.ParseLevel(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	pods := 0
	for _, path := range os.Args[2:] {
		evaluated, err := evaluateFile(path, level)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			os.Exit(1)
		}
		pods += evaluated
	}
	// A run that found no pod has shown nothing.
	fmt.Fprintf(os.Stderr, "%d pods evaluated\n", pods)
	if pods == 0 {
		os.Exit(1)
	}
}

func evaluateFile(path string, level api.Level) (int, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	pods := 0
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		var found object
		if err := decoder.Decode(&found); errors.Is(err, io.EOF) {
			return pods, nil
		} else if err != nil {
			return pods, err
		}
		spec, metadata, err := podOf(found)
		if err != nil {
			return pods, fmt.Errorf("%s %s: %w", found.Kind, found.Name, err)
		}
		if spec == nil {
			continue
		}
		pods++
		if err := evaluate(found, spec, metadata, level); err != nil {
			return pods, err
		}
	}
}

// podOf returns the pod that an object is or makes; none for every other kind.
func podOf(found object) (*corev1.PodSpec, *metav1.ObjectMeta, error) {
	switch found.Kind {
	case "Pod":
		var spec corev1.PodSpec
		return &spec, &found.ObjectMeta, json.Unmarshal(found.Spec, &spec)
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController":
		raw := found.Spec
		for {
			var spec templated
			if err := json.Unmarshal(raw, &spec); err != nil {
				return nil, nil, err
			}
			if spec.JobTemplate != nil {
				raw = spec.JobTemplate.Spec
				continue
			}
			if spec.Template == nil {
				return nil, nil, errors.New("has no pod template")
			}
			return &spec.Template.Spec, &spec.Template.ObjectMeta, nil
		}
	default:
		return nil, nil, nil
	}
}

func evaluate(found object, spec *corev1.PodSpec, metadata *metav1.ObjectMeta, level api.Level) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, metadata, spec)
	for _, result := range results {
		if result.Allowed {
			continue
		}
		line, err := json.Marshal(violation{
			Namespace: found.Namespace,
			Kind:      found.Kind,
			Name:      found.Name,
			Reason:    result.ForbiddenReason,
			Detail:    result.ForbiddenDetail,
		})
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
	return nil
}
