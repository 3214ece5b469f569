internal import HostSystem

extension LeaseStore {
    /// Whether the shell that sourced the token of a lease is provably over: then nobody will revoke it but a sweep.
    ///
    /// A number that is used again belongs to a living process, which is no proof.
    func isShellOver(_ lease: Lease) -> Bool {
        guard lease.isExported, lease.holder == .job, let folder = lease.folder,
            lease.owner.isSeen(from: context.process), let shell = JobFolder.sourcingShell(at: folder)
        else { return false }
        return ProcessIdentity.presence(of: shell) == .gone
    }
}

extension ProcessIdentity {
    /// Whether the numbers of processes mean the same for both: one boot, one namespace.
    fileprivate func isSeen(from here: ProcessIdentity) -> Bool {
        boot != nil && boot == here.boot && namespace != nil && namespace == here.namespace
    }
}
