#!/bin/bash
# Hosts of distributions whose files nobody here may ship, composed from what is known of them: where they keep sysctls, how
# they boot, who else writes.  What they run is what they boot with, so nothing may be found; and each, changed in one place,
# must show that.
set -u
keisoku=$(realpath "$1") source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
machine=0123456789abcdef0123456789abcdef

# put FILE: standard input into it, below the tree
put() {
	mkdir -p "$(dirname "$tree/$1")"
	cat >"$tree/$1"
}

# sysctls KEY=VALUE…: they run
sysctls() {
	for pair; do
		put "proc/sys/$(tr . / <<<"${pair%%=*}")" <<<"${pair#*=}"
	done
}

# host NAME ID LIKE VERSION KERNEL: with what systemd's packages bring in all of them
host() {
	tree=$work/$1 kernel=$5
	mkdir -p "$tree/usr/lib/sysctl.d" "$tree/etc/sysctl.d" "$tree/etc/systemd/system/multi-user.target.wants"
	printf 'ID=%s\nID_LIKE="%s"\nVERSION_ID="%s"\n' "$2" "$3" "$4" | put etc/os-release
	: | put "usr/lib/modules/$kernel/modules.builtin"
	put usr/lib/sysctl.d/50-coredump.conf <<-'END'
		kernel.core_pattern=|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h
		kernel.core_pipe_limit=16
		fs.suid_dumpable=2
	END
	put usr/lib/sysctl.d/50-default.conf <<-'END'
		kernel.sysrq = 16
		kernel.core_uses_pid = 1
		net.ipv4.conf.default.rp_filter = 2
		net.ipv4.conf.*.rp_filter = 2
		-net.ipv4.conf.all.rp_filter
		net.ipv4.conf.default.accept_source_route = 0
		net.ipv4.conf.*.accept_source_route = 0
		-net.ipv4.conf.all.accept_source_route
		net.ipv4.conf.default.promote_secondaries = 1
		net.ipv4.conf.*.promote_secondaries = 1
		-net.ipv4.conf.all.promote_secondaries
		-net.ipv4.ping_group_range = 0 2147483647
		-net.core.default_qdisc = fq_codel
		fs.protected_hardlinks = 1
		fs.protected_symlinks = 1
		fs.protected_regular = 1
		fs.protected_fifos = 1
	END
	echo 'kernel.pid_max = 4194304' | put usr/lib/sysctl.d/50-pid-max.conf
	echo '# nothing is set here' | put etc/sysctl.conf
	ln -s ../sysctl.conf "$tree/etc/sysctl.d/99-sysctl.conf"
	for interface in default lo eth0; do
		sysctls "net.ipv4.conf.$interface.rp_filter=2" "net.ipv4.conf.$interface.accept_source_route=0" \
			"net.ipv4.conf.$interface.promote_secondaries=1"
	done
	sysctls "kernel.osrelease=$kernel" kernel.ostype=Linux kernel.hostname=host kernel.sysrq=16 kernel.core_uses_pid=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.all.accept_source_route=0 net.ipv4.conf.all.promote_secondaries=0 \
		net.core.default_qdisc=fq_codel kernel.pid_max=4194304 fs.protected_hardlinks=1 fs.protected_symlinks=1 \
		fs.protected_regular=1 fs.protected_fifos=1 kernel.core_pipe_limit=16 fs.suid_dumpable=2 vm.swappiness=60 \
		vm.dirty_ratio=20 vm.dirty_background_ratio=10 net.core.somaxconn=4096 vm.max_map_count=65530 \
		kernel.randomize_va_space=2 net.ipv4.ping_group_range=$'0\t2147483647' \
		'kernel.core_pattern=|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h'
}

# What Fedora and its descendants have besides.
red_hat() {
	echo 'kernel.yama.ptrace_scope = 0' | put usr/lib/sysctl.d/10-default-yama-scope.conf
	echo 'net.core.optmem_max = 81920' | put usr/lib/sysctl.d/50-libkcapi-optmem_max.conf
	sysctls kernel.yama.ptrace_scope=0 net.core.optmem_max=81920
	echo 'SELINUX=enforcing' | put etc/selinux/config
	echo '# End of file' | put etc/security/limits.conf
	echo 'session required pam_limits.so' | put etc/authselect/system-auth
	mkdir -p "$tree/etc/pam.d"
	ln -s /etc/authselect/system-auth "$tree/etc/pam.d/system-auth"
	put boot/grub2/grub.cfg <<-'END'
		if [ -s $prefix/grubenv ]; then
		  load_env
		fi
		if [ "${next_entry}" ] ; then
		   set default="${next_entry}"
		   set next_entry=
		   save_env next_entry
		else
		   set default="${saved_entry}"
		fi
		set timeout=5
		if [ -z "${kernelopts}" ]; then
		  set kernelopts="root=UUID=1111 ro "
		fi
		insmod blscfg
		blscfg
	END
}

# environment LINE…: of GRUB, filled up to its 1024 bytes
environment() {
	{
		printf '%s\n' '# GRUB Environment Block' "$@"
		head -c 1024 /dev/zero | tr '\0' '#'
	} | head -c 1024 | put boot/grub2/grubenv
}

# entry RELEASE OPTIONS
entry() {
	put "boot/loader/entries/$machine-$1.conf" <<-END
		title Linux ($1)
		version $1
		linux /vmlinuz-$1
		initrd /initramfs-$1.img \$tuned_initrd
		options $2
		grub_users \$grub_users
		grub_arg --unrestricted
		grub_class kernel
	END
}

# tuned PROFILE MODE: it is installed, wanted at boot, and was told or chose itself
tuned() {
	ln -s /usr/lib/systemd/system/tuned.service "$tree/etc/systemd/system/multi-user.target.wants/tuned.service"
	printf '[Service]\nExecStart=/usr/sbin/tuned -l -P\n' | put usr/lib/systemd/system/tuned.service
	echo "$1" | put etc/tuned/active_profile
	echo "$2" | put etc/tuned/profile_mode
	printf 'dynamic_tuning = 0\nreapply_sysctl = 1\n' | put etc/tuned/tuned-main.conf
}

found() {
	"$keisoku" audit --quiet --root "$tree" --output json 2>"$work/err" |
		jq -r '[.findings[] | select(.status == "recommend" or .status == "suspect") | .id] | join(" ")'
}

# after KEY: what it is after boot, and the file that says so
after() {
	"$keisoku" audit --quiet --all --root "$tree" --output json 2>"$work/err" |
		jq -r --arg key "$1" '[.findings[] | select(.values.key == $key) | .values.boot] | first'
}

# ---- 8: the arguments of the kernel are in the environment of GRUB ----

arguments='root=UUID=1111 ro crashkernel=auto quiet transparent_hugepage=never sysctl.vm.swappiness=10'
host rhel-8 rhel fedora 8.10 4.18.0-553.el8.x86_64
red_hat
environment "saved_entry=$machine-$kernel" "kernelopts=$arguments " boot_success=0 tuned_params=
# shellcheck disable=SC2016 # for GRUB
entry "$kernel" '$kernelopts $tuned_params'
# shellcheck disable=SC2016
entry "0-rescue-$machine" '$kernelopts'
echo "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-$kernel $arguments" | put proc/cmdline
printf 'GRUB_CMDLINE_LINUX="crashkernel=auto quiet"\nGRUB_ENABLE_BLSCFG=true\n' | put etc/default/grub
echo 'always madvise [never]' | put sys/kernel/mm/transparent_hugepage/enabled
sysctls vm.swappiness=10 net.core.somaxconn=128
same "8: nothing is found" "" "$(found)"
cp -a "$tree" "$work/rhel-8-efi"
sysctls vm.swappiness=60
same "8: but a value that the next boot takes back" "lost-at-boot@vm.swappiness" "$(found)"
tree=$work/rhel-8-efi
mkdir -p "$tree/boot/efi/EFI/redhat"
mv "$tree/boot/grub2/grub.cfg" "$tree/boot/grub2/grubenv" "$tree/boot/efi/EFI/redhat"
ln -s ../efi/EFI/redhat/grubenv "$tree/boot/grub2/grubenv"
same "8 with UEFI: nothing is found" "" "$(found)"
sysctls vm.swappiness=60
same "8 with UEFI: but what is lost" "lost-at-boot@vm.swappiness" "$(found)"

# ---- 9: an entry for each kernel, and TuneD ----

arguments='root=/dev/mapper/rhel-root ro crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M rd.lvm.lv=rhel/root'
host rhel-9 rhel fedora 9.4 5.14.0-427.el9.x86_64
red_hat
environment "saved_entry=$machine-$kernel" boot_success=1
for release in "$kernel" 5.14.0-362.el9.x86_64; do
	entry "$release" "$arguments \$tuned_params"
done
echo "$arguments" | put etc/kernel/cmdline
echo "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-$kernel $arguments" | put proc/cmdline
echo '[always] madvise never' | put sys/kernel/mm/transparent_hugepage/enabled
tuned virtual-guest manual
put usr/lib/tuned/throughput-performance/tuned.conf <<'EOF'
[main]
summary=Throughput
[variables]
regex=model name\s+:.*\bX\b
[cpu]
governor=performance
energy_perf_bias=performance
[disk]
readahead=>4096
[sysctl]
vm.dirty_ratio = 40
vm.dirty_background_ratio = 10
vm.swappiness=10
net.core.somaxconn=>2048
[sysctl.other]
type=sysctl
uname_regex=aarch64
cpuinfo_regex=${regex}
kernel.numa_balancing=0
EOF
printf '[main]\ninclude=throughput-performance\n[sysctl]\nvm.dirty_ratio = 30\nvm.swappiness = 30\n' |
	put usr/lib/tuned/virtual-guest/tuned.conf
sysctls vm.swappiness=30 vm.dirty_ratio=30
same "9: nothing is found" "" "$(found)"
echo 'vm.dirty_ratio = 15' | put etc/sysctl.d/60-site.conf
sysctls vm.dirty_ratio=15
same "9: nothing either where TuneD applies the files again" "" "$(found)"

# ---- Fedora: TuneD chooses by itself ----

host fedora fedora "" 41 6.11.4-301.fc41.x86_64
red_hat
environment "saved_entry=$machine-$kernel"
entry "$kernel" 'root=UUID=abcd ro rootflags=subvol=root rhgb quiet'
echo "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-$kernel root=UUID=abcd ro rootflags=subvol=root rhgb quiet" | put proc/cmdline
echo 'vm.max_map_count=1048576' | put usr/lib/sysctl.d/10-map-count.conf
tuned balanced auto
put usr/lib/tuned/profiles/balanced/tuned.conf <<'EOF'
[main]
summary=Balanced
[cpu]
priority=10
governor=schedutil|ondemand|powersave
[disk]
[scsi_host]
alpm=medium_power
EOF
sysctls vm.max_map_count=1048576
same "Fedora: nothing is found" "" "$(found)"
sysctls kernel.sysrq=1
same "Fedora: but what was set by hand" "lost-at-boot@kernel.sysrq" "$(found)"

# ---- SUSE: the package of the kernel brings sysctls along, which a unit of its own applies before the others ----

host sles sles suse 15.6 6.4.0-150600.21-default
put usr/lib/systemd/system/boot-sysctl.service <<'EOF'
[Unit]
Before=systemd-sysctl.service
ConditionPathExists=!/usr/lib/modules/%v/sysctl.conf
[Service]
ExecStart=/usr/lib/systemd/systemd-sysctl /boot/sysctl.conf-%v
EOF
printf 'kernel.hung_task_timeout_secs = 0\nvm.dirty_expire_centisecs = 2900\nkernel.pid_max = 1000\n' |
	put "boot/sysctl.conf-$kernel"
echo 'vm.dirty_expire_centisecs = 1' | put boot/sysctl.conf-6.4.0-150600.9-default
sysctls kernel.hung_task_timeout_secs=0 vm.dirty_expire_centisecs=2900
put boot/grub2/grub.cfg <<EOF
set default="\${saved_entry}"
menuentry 'SLES' --class sles \$menuentry_id_option 'gnulinux-simple-ab12' {
	linux	/boot/vmlinuz-$kernel root=UUID=ab12  splash=silent mitigations=auto quiet security=apparmor
	initrd	/boot/initrd-$kernel
}
EOF
echo "BOOT_IMAGE=/boot/vmlinuz-$kernel root=UUID=ab12 splash=silent mitigations=auto quiet security=apparmor" | put proc/cmdline
same "SUSE: nothing is found" "" "$(found)"
sysctls vm.dirty_expire_centisecs=3000
same "SUSE: but what its kernel's file will set again" "lost-at-boot@vm.dirty_expire_centisecs" "$(found)"
sysctls vm.dirty_expire_centisecs=2900
for form in modules drop-in; do
	case $form in
	modules)
		mv "$tree/usr/lib/systemd/system/boot-sysctl.service" "$tree/usr/lib/systemd/system/kernel-sysctl.service"
		mv "$tree/boot/sysctl.conf-$kernel" "$tree/usr/lib/modules/$kernel/sysctl.conf"
		;;
	drop-in)
		mv "$tree/usr/lib/modules/$kernel/sysctl.conf" "$tree/boot/sysctl.conf-$kernel"
		rm "$tree/usr/lib/systemd/system/kernel-sysctl.service"
		printf '[Service]\nExecStartPre=-/usr/lib/systemd/systemd-sysctl /boot/sysctl.conf-%%v\n' |
			put usr/lib/systemd/system/systemd-sysctl.service.d/50-kernel-uname_r.conf
		;;
	esac
	same "SUSE, $form: nothing is found" "" "$(found)"
done
rm -r "$tree/proc"
same "an image of it with two kernels: which file counts is not known" null "$(after vm.dirty_expire_centisecs)"
rm "$tree/boot/sysctl.conf-6.4.0-150600.9-default"
same "an image of it: what comes after boot" "29 s" "$(after vm.dirty_expire_centisecs)"
same "an image of it: a file of sysctl.d wins" "4,194,304" "$(after kernel.pid_max)"
rm -r "$tree/usr/lib/systemd"
same "without such a unit nobody reads it" null "$(after vm.dirty_expire_centisecs)"
done_testing
