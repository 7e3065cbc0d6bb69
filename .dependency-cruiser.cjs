// Who may import whom. The order of the house: a room may look inwards, never outwards; no circles.
const may = {
  domain: [],
  'rbd-diff': ['domain'],
  ports: ['domain'],
  telemetry: ['domain', 'ports'],
  config: ['domain', 'telemetry'],
  periodic: ['domain', 'ports'],
  archive: ['domain', 'rbd-diff', 'ports'],
  instant: ['domain', 'ports'],
  gateway: ['domain', 'archive', 'ports'],
  'workflow-engine': ['domain', 'ports', 'telemetry'],
  workflows: ['domain', 'rbd-diff', 'archive', 'ports', 'workflow-engine', 'telemetry'],
  delivery: ['domain', 'ports', 'workflow-engine', 'periodic', 'telemetry'],
  maintenance: ['domain', 'ports', 'workflows', 'workflow-engine', 'periodic', 'telemetry'],
  api: ['domain', 'ports', 'telemetry'],
  scheduler: ['domain', 'api', 'ports', 'periodic'],
  http: ['domain', 'api', 'telemetry', 'ports'],
};
const rooms = Object.keys(may);
const { readdirSync } = require('node:fs');
/** Each folder below adapters/ is one: a new one is watched without a word here. */
const adapters = readdirSync('src/adapters');

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...rooms.map((room) => ({
      name: `${room}-looks-inwards`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: [`^src/${room}/`, ...may[room].map((other) => `^src/${other}/`)] },
    })),
    ...adapters.map((adapter) => ({
      name: `adapter-${adapter}-stands-alone`,
      severity: 'error',
      from: { path: `^src/adapters/${adapter}/` },
      to: { path: '^src/', pathNot: [`^src/adapters/(${adapter}|system)/`, '^src/(domain|ports|telemetry)/'] },
    })),
    {
      name: 'api-holds-no-ceph',
      comment: 'The API process never loads recipes, Ceph or targets: it must not be able to touch data.',
      severity: 'error',
      from: { path: '^src/(wiring/api[.]|api/|http/)' },
      to: {
        path: '^src/(workflows|workflow-engine|archive|gateway|adapters/ceph|adapters/target|adapters/keys|delivery|maintenance|config/target-files)/',
        reachable: true,
      },
    },
    {
      name: 'effects-live-in-adapters',
      comment: 'Files, sockets and processes appear under adapters/, wiring/, cli/, config/, http/ and gateway/ only.',
      severity: 'error',
      from: { path: `^src/(${rooms.filter((room) => !['config', 'gateway', 'http'].includes(room)).join('|')})/` },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|net|http|https|child_process|dgram|tls)(/|$)' },
    },
    {
      name: 'acts-know-no-http',
      comment:
        'What a caller may ask knows no request: policies ask it, too. Routes, schemas and views are its HTTP side.',
      severity: 'error',
      from: {
        path: '^src/(scheduler|api/(?!calls)[^/]+)/',
        pathNot: '/(routes|view|schemas|[a-z-]+-schema|wanted-policy)[.]ts$',
      },
      to: { path: '^src/(http|api/calls)/|^src/api/.*/(routes|view|schemas|[a-z-]+-schema|wanted-policy)[.]ts$' },
    },
    {
      name: 'admin-hands',
      comment: "What changes something with an administrator's rights looks whose it is right before: in one place.",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/workflows/acts/' },
      to: { path: '^src/workflows/acts/admin-hands' },
    },
    { name: 'src-knows-no-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'], conditionNames: ['import', 'node', 'default'] },
  },
};
