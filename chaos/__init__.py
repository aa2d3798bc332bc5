"""`make chaos`: everything that can break is broken, again and again, and nothing may be lost.

| file         | what it is                                                                 |
|--------------|----------------------------------------------------------------------------|
| `plan.py` | what is said and what is broken when: the words for it                     |
| `draw.py` | a plan drawn from a seed                                                   |
| `sound.py` | a plan's words as audio, and where in it somebody speaks                   |
| `speaker.py` | a client that does what its plan says, and keeps all it sent and was told  |
| `viewer.py` | who watches a session, and keeps all they were told |
| `astray.py` | what becomes of its frames on their way                                    |
| `progress.py` | how far the speakers are: what blows wait for                              |
| `stage.py` | the server processes that are broken                                       |
| `blows.py` | the ways of breaking them                                                  |
| `record.py` | everything that is known of one session afterwards                         |
| `check.py` | the five counts of violations, pure functions over records                 |
| `scene.py` | speakers, a stage and blows together                                       |
| `suite.py` | all scenes, one after the other                                            |
| `replicas.py` | two servers behind a balancer, as a stage                                |
| `several.py` | the scenes on it                                                          |
| `report.py` | what a run says                                                            |
"""
