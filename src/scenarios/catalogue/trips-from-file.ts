/** Records from a file: the rows of `examples/trips.ndjson`, which this catalogue carries along. */
export const tripsFromFile = `scenario: trips_from_file
description: >
  Recorded trips of four trucks, replayed at twice their speed from a file of records. Two gateways share the trucks
  by key, so that the positions of a truck keep their order; rows may also name their gateway, or a partition.
duration: 40s
seed: 11

cluster: { brokers: 3 }

topics:
  - { name: trips, partitions: 4, replicationFactor: 3, config: { min.insync.replicas: 2 } }

producers:
  - { name: gateway, count: 2, config: { acks: all } }

consumers:
  - { name: map, topics: [trips], config: { auto.offset.reset: earliest } }

workload:
  # trips.csv holds the same rows.
  - { producer: gateway, topic: trips, records: trips.ndjson, speed: 2 }

faults:
  - { at: 8s, crash: broker-1, restartAfter: 5s }
  - { at: 18s, flaky: { from: broker-2, to: broker-* }, loss: 1/5, for: 5s }
`;

/** The same text as examples/trips.ndjson. */
export const tripsNdjson = `{"atMs": 0, "key": "truck-1", "value": "52.5200,13.4050"}
{"atMs": 411, "key": "truck-4", "value": "50.1109,8.6821", "producer": "gateway-2", "partition": 0}
{"atMs": 1274, "key": "truck-3", "value": "53.5518,9.9948"}
{"atMs": 2137, "key": "truck-2", "value": "48.1388,11.5733"}
{"atMs": 3000, "key": "truck-1", "value": "52.5221,13.4083"}
{"atMs": 3411, "key": "truck-4", "value": "50.1130,8.6788", "producer": "gateway-2"}
{"atMs": 4274, "key": "truck-3", "value": "53.5539,9.9981"}
{"atMs": 5137, "key": "truck-2", "value": "48.1409,11.5700"}
{"atMs": 6000, "key": "truck-1", "value": "52.5242,13.4116"}
{"atMs": 6411, "key": "truck-4", "value": "50.1151,8.6755", "producer": "gateway-2", "partition": 0}
{"atMs": 7274, "key": "truck-3", "value": "53.5560,10.0014"}
{"atMs": 8137, "key": "truck-2", "value": "48.1430,11.5667"}
{"atMs": 9000, "key": "truck-1", "value": "52.5263,13.4149"}
{"atMs": 9411, "key": "truck-4", "value": "50.1172,8.6722", "producer": "gateway-2"}
{"atMs": 10274, "key": "truck-3", "value": "53.5581,10.0047"}
{"atMs": 11137, "key": "truck-2", "value": "48.1451,11.5634"}
{"atMs": 12000, "key": "truck-1", "value": "52.5284,13.4182"}
{"atMs": 12411, "key": "truck-4", "value": "50.1193,8.6689", "producer": "gateway-2", "partition": 0}
{"atMs": 13274, "key": "truck-3", "value": "53.5602,10.0080"}
{"atMs": 14137, "key": "truck-2", "value": "48.1472,11.5601"}
{"atMs": 15000, "key": "truck-1", "value": "52.5305,13.4215"}
{"atMs": 15411, "key": "truck-4", "value": "50.1214,8.6656", "producer": "gateway-2"}
{"atMs": 16274, "key": "truck-3", "value": "53.5623,10.0113"}
{"atMs": 17137, "key": "truck-2", "value": "48.1493,11.5568"}
{"atMs": 18000, "key": "truck-1", "value": "52.5326,13.4248"}
{"atMs": 18411, "key": "truck-4", "value": "50.1235,8.6623", "producer": "gateway-2", "partition": 0}
{"atMs": 19274, "key": "truck-3", "value": "53.5644,10.0146"}
{"atMs": 20137, "key": "truck-2", "value": "48.1514,11.5535"}
{"atMs": 21000, "key": "truck-1", "value": "52.5347,13.4281"}
{"atMs": 21411, "key": "truck-4", "value": "50.1256,8.6590", "producer": "gateway-2"}
{"atMs": 22274, "key": "truck-3", "value": "53.5665,10.0179"}
{"atMs": 23137, "key": "truck-2", "value": "48.1535,11.5502"}
{"atMs": 24000, "key": "truck-1", "value": "52.5368,13.4314"}
{"atMs": 24411, "key": "truck-4", "value": "50.1277,8.6557", "producer": "gateway-2", "partition": 0}
{"atMs": 25274, "key": "truck-3", "value": "53.5686,10.0212"}
{"atMs": 26137, "key": "truck-2", "value": "48.1556,11.5469"}
{"atMs": 27000, "key": "truck-1", "value": "52.5389,13.4347"}
{"atMs": 27411, "key": "truck-4", "value": "50.1298,8.6524", "producer": "gateway-2"}
{"atMs": 28274, "key": "truck-3", "value": "53.5707,10.0245"}
{"atMs": 29137, "key": "truck-2", "value": "48.1577,11.5436"}
{"atMs": 30000, "key": "truck-1", "value": "52.5410,13.4380"}
{"atMs": 30411, "key": "truck-4", "value": "50.1319,8.6491", "producer": "gateway-2", "partition": 0}
{"atMs": 31274, "key": "truck-3", "value": "53.5728,10.0278"}
{"atMs": 32137, "key": "truck-2", "value": "48.1598,11.5403"}
{"atMs": 33000, "key": "truck-1", "value": "52.5431,13.4413"}
{"atMs": 33411, "key": "truck-4", "value": "50.1340,8.6458", "producer": "gateway-2"}
{"atMs": 34274, "key": "truck-3", "value": "53.5749,10.0311"}
{"atMs": 35137, "key": "truck-2", "value": "48.1619,11.5370"}
{"atMs": 36000, "key": "truck-1", "value": "52.5452,13.4446"}
{"atMs": 36411, "key": "truck-4", "value": "50.1361,8.6425", "producer": "gateway-2", "partition": 0}
{"atMs": 37274, "key": "truck-3", "value": "53.5770,10.0344"}
{"atMs": 38137, "key": "truck-2", "value": "48.1640,11.5337"}
{"atMs": 39000, "key": "truck-1", "value": "52.5473,13.4479"}
{"atMs": 39411, "key": "truck-4", "value": "50.1382,8.6392", "producer": "gateway-2"}
{"atMs": 40274, "key": "truck-3", "value": "53.5791,10.0377"}
{"atMs": 41137, "key": "truck-2", "value": "48.1661,11.5304"}
{"atMs": 42000, "key": "truck-1", "value": "52.5494,13.4512"}
{"atMs": 42411, "key": "truck-4", "value": "50.1403,8.6359", "producer": "gateway-2", "partition": 0}
{"atMs": 43274, "key": "truck-3", "value": "53.5812,10.0410"}
{"atMs": 44137, "key": "truck-2", "value": "48.1682,11.5271"}
{"atMs": 45000, "key": "truck-1", "value": "52.5515,13.4545"}
{"atMs": 45411, "key": "truck-4", "value": "50.1424,8.6326", "producer": "gateway-2"}
{"atMs": 46274, "key": "truck-3", "value": "53.5833,10.0443"}
{"atMs": 47137, "key": "truck-2", "value": "48.1703,11.5238"}
{"atMs": 48000, "key": "truck-1", "value": "52.5536,13.4578"}
{"atMs": 48411, "key": "truck-4", "value": "50.1445,8.6293", "producer": "gateway-2", "partition": 0}
{"atMs": 49274, "key": "truck-3", "value": "53.5854,10.0476"}
`;
