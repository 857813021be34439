# SPDX-License-Identifier: Apache-2.0
# The last steps of a build: audits the machine that becomes the image, brings the reports back, and fails the build when what was
# found is bad enough.  Put the provisioners behind those of your own build block.  See packaging/ci/README.md of keisoku.

variable "keisoku" {
  type    = string
  default = "tools/keisoku/build/cli/keisoku"
}

variable "reports" {
  type    = string
  default = "reports"
}

# Yours: the source of the image.
source "null" "image" {
  communicator = "none"
}

build {
  sources = ["source.null.image"]

  provisioner "file" {
    source      = var.keisoku
    destination = "/tmp/keisoku"
  }

  # Leaves its exit status in a file, so that the reports come back also when something was found.
  provisioner "shell" {
    script = "${path.root}/packer-audit.sh"
    environment_vars = [
      "POLICIES=kernel-hardening network-hardening",
      "FAIL_ON=medium",
    ]
  }

  provisioner "file" {
    direction   = "download"
    source      = "/tmp/keisoku-reports/"
    destination = var.reports
  }

  provisioner "shell" {
    inline = [
      "status=$(cat /tmp/keisoku-reports/status)",
      "rm -rf /tmp/keisoku /tmp/keisoku-reports",
      "exit \"$status\"",
    ]
  }
}
