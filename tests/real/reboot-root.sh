#!/bin/sh
# reboot-root.sh ROOT: what test-reboot.sh has in the root of its guest: a host with settings in every place where a plan
# may have to find or put one.  KEISOKU and SOURCE come from the environment.
set -eu
root=$1

# file PATH: from standard input
file() {
	mkdir -p "$root${1%/*}"
	cat >"$root$1"
}

file /etc/fstab <<-'END'
	# the disk of the data
	/dev/nvme1n1 /data ext4 defaults 0 0
END
mkdir -p "$root/data"

# Read last by sysctl --system, and by systemd-sysctl through a link of Debian's.
echo 'net.core.somaxconn = 2048' >>"$root/etc/sysctl.conf"
file /etc/sysctl.d/95-local.conf <<-'END'
	# not much in the page cache is to wait for long
	vm.dirty_expire_centisecs = 2500
END
echo 'vm.vfs_cache_pressure = 90' | file /etc/sysctl.d/zz-site.conf
# The boot loader: what update-grub makes of its settings, as far as the command line goes.
echo 'GRUB_CMDLINE_LINUX="quiet"' | file /etc/default/grub
echo 'linux quiet' | file /boot/grub/grub.cfg
file /usr/sbin/update-grub <<-'END'
	#!/bin/sh
	sed -n 's/^GRUB_CMDLINE_LINUX="\(.*\)"$/linux \1/p' /etc/default/grub >/boot/grub/grub.cfg
END
chmod +x "$root/usr/sbin/update-grub"

for service in worker limited; do
	file /etc/systemd/system/$service.service <<-END
		[Unit]
		Description=Something that has limits: $service
		[Service]
		ExecStart=/bin/sleep infinity
		LimitNOFILE=4096:8192
		CPUWeight=200
		TasksMax=100
		[Install]
		WantedBy=multi-user.target
	END
done
file /etc/systemd/system/test.service <<-'END'
	[Unit]
	Description=The test
	[Service]
	Type=simple
	ExecStart=/bin/sh /opt/test/guest
	SendSIGHUP=no
END
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
for service in worker limited test; do
	ln -sf ../$service.service "$root/etc/systemd/system/multi-user.target.wants/$service.service"
done
"$SOURCE/tests/vm/quiet-root" "$root"
mkdir -p "$root/etc/security/limits.d"
echo '* soft nofile 2000' | file /etc/security/limits.d/10-site.conf
printf '[Manager]\nDefaultTasksMax=400\n' | file /etc/systemd/system.conf.d/10-site.conf

# A parameter that only counts when its module is loaded, and one of the kernel: the registry has none that such a guest has.
file /opt/test/rules/tunables/test.yaml <<-'END'
	module.nf_conntrack.expect_hashsize:
	  kind: module-parameter
	  type: integer
	  range: 1..65536
	  scope: global
	  takes_effect: module-load
	  reversible: yes
	  path: /sys/module/nf_conntrack/parameters/expect_hashsize
	  summary: Buckets of the table of expected connections
	  references: [Documentation/networking/nf_conntrack-sysctl.rst]
END
cp "$KEISOKU" "$root/opt/test/keisoku"
chroot "$root" /opt/test/keisoku --version >/dev/null # has it all its libraries there?
cp "$SOURCE/tests/tap.sh" "$root/opt/test/tap.sh"
cp "$SOURCE/tests/real/reboot-guest.sh" "$root/opt/test/guest"
file /opt/test/cut/sync <<-'END'
	#!/bin/sh
	# In place of sync(1): the power goes off when what is named like $CUT is to reach the disk for the n-th time.
	for name in "$@"; do
		case $name in
		$CUT)
			left=$(($(cat /run/cut) - 1))
			echo $left >/run/cut
			[ $left -ne 0 ] || { echo b >/proc/sysrq-trigger; sleep 60; }
			;;
		esac
	done
	exec /bin/sync "$@"
END
chmod +x "$root/opt/test/cut/sync"
