/// All options.
///
/// Their names and defaults are fixed: people script against them.
extension Option {
    /// The commands that talk to Pulumi Cloud.
    static let cloudCommands: [Command] = [.mint, .exec, .revoke, .list, .sweep, .doctor]
    static let mintingCommands: [Command] = [.mint, .exec]

    /// In the order in which help shows them.
    static let table: [Option] = [
        kind, organization, team, role, admin, ttl, expires, description, reason, verify, wait, export, shell,
        environmentName, noIsolate, helper, noRedact, killAfter, onCancel,
        accessTokenFile, useLogin, oidcOrganization, oidcType, oidcUser, oidcTeam, oidcScope, oidcTokenFile,
        oidcTokenVariable, oidcUse, cloudURL, caFile, timeout, deadline, runTokenVariable, session, lease, guarded,
        failOnRevokeError,
        run, finished, olderThan, dryRun, all, check,
        redactedVariable, events, wide, json, jsonFile, format, quiet, verbose, help,
    ]

    static func options(of command: Command) -> [Option] {
        table.filter { $0.commands.contains(command) }
    }
}
