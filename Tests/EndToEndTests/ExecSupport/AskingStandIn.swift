import JobBench
import TestBench

/// A program that asks its credential helper as the Pulumi CLI 3.274 does, and takes no answer that it would not.
///
/// No shell, a minute at most, one JSON object and nothing behind it, no unknown member and no `null`; a backend only at
/// first, and only the one that was chosen.
struct AskingStandIn {
    private static let driver = #"""
        import json, os, re, ssl, subprocess, sys, urllib.error, urllib.request

        class Refusal(Exception): pass

        def no_constant(word): raise Refusal('not JSON: ' + word)

        def answer(reason, selected, first=True):
            """Asks as the Pulumi CLI does, and takes no answer that it would not."""
            program = os.environ.get('PULUMI_CREDENTIAL_HELPER')
            if program in (None, '', 'none'): raise Refusal('no helper')
            words = [program] + json.loads(os.environ.get('PULUMI_CREDENTIAL_HELPER_ARGS', '[]'))
            request = {'version': 1, 'reason': reason}
            if selected: request['selectedBackendUrl'] = selected
            ran = subprocess.run(words, input=json.dumps(request).encode(), stdout=subprocess.PIPE, timeout=60)
            if ran.returncode != 0: raise Refusal('the helper ended with %d' % ran.returncode)
            text = ran.stdout.decode('utf-8')
            found, end = json.JSONDecoder(parse_constant=no_constant).raw_decode(text.lstrip())
            if text.lstrip()[end:].strip(): raise Refusal('more than one object')
            if type(found) is not dict: raise Refusal('not an object')
            known = {'version', 'accessToken', 'expiresAt', 'headers', 'backendUrl', 'env'}
            if set(found) - known: raise Refusal('unknown members')
            if None in found.values(): raise Refusal('null')
            if not found:
                if reason != 'initial': raise Refusal('declined too late')
                return None
            if type(found.get('version')) is not int or found['version'] != 1: raise Refusal('version')
            if type(found.get('accessToken')) is not str or not found['accessToken']: raise Refusal('no token')
            if 'expiresAt' in found and not re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)', found['expiresAt']):
                raise Refusal('expiresAt')
            if reason != 'initial' and {'backendUrl', 'env'} & set(found): raise Refusal('too late for a backend')
            if selected and 'backendUrl' in found and found['backendUrl'].rstrip('/') != selected.rstrip('/'):
                raise Refusal('another backend')
            if not selected and 'backendUrl' not in found: raise Refusal('no backend')
            return found

        def status(token):
            """What the cloud says to a token."""
            request = urllib.request.Request(os.environ['PULUMI_BACKEND_URL'] + '/api/user',
                                             headers={'Authorization': 'token ' + token, 'Accept': 'application/vnd.pulumi+8'})
            try:
                context = ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE'])
                return urllib.request.urlopen(request, context=context).status
            except urllib.error.HTTPError as error:
                return error.code
        backend = os.environ.get('PULUMI_BACKEND_URL')

        class CLI:
            """One process of the CLI: it has a token, and asks for another when that is refused."""
            def __init__(self):
                self.token = answer('initial', backend)['accessToken']
            def request(self):
                for _ in range(2):
                    code = status(self.token)
                    if code != 401: return code
                    self.token = answer('rejected', backend)['accessToken']
                return status(self.token)

        def say(text):
            os.write(1, (str(text) + '\n').encode())

        def wait():
            os.read(0, 1)
        """#

    /// A story of it, as a program.
    static func program(_ story: String) -> String { driver + "\n" + story }

    /// What runs a story of it.
    static func words(_ machine: BuildMachine, _ story: String, named name: String = "cli.py") throws -> [String] {
        ["python3", try machine.sandbox.write(program(story), to: name)]
    }
}
